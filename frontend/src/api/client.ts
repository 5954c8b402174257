// How the page asks the server: a client whose routes and types come from the server's OpenAPI (`npm run client`).

import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Session = Schemas["Session"];
export type RecordingRow = Schemas["RecordingRow"];
export type RecordingDetail = Schemas["RecordingDetail"];
export type MontageRow = Schemas["MontageRow"];
export type Imported = Schemas["Imported"];
export type Brought = Schemas["Brought"];
export type UploadRow = Schemas["UploadRow"];
export type Folder = Schemas["FolderRow"];
export type EventRow = Schemas["EventRow"];
export type EventChange = Schemas["EventChange"];
export type Status = EventRow["status"];
export type Spectrum = Schemas["SpectrumRow"];
export type Agreement = Schemas["Agreement"];
export type ReaderRow = Schemas["ReaderRow"];
export type ModelRow = Schemas["ModelRow"];
export type ModelWorth = Schemas["Worth"];
export type ModelDetail = Schemas["ModelDetail"];
export type JobRow = Schemas["JobRow"];
export type TrackRow = Schemas["TrackRow"];
export type Proposal = Schemas["Proposal"];
export type ImageSetRow = Schemas["ImageSetRow"];
export type PictureRow = Schemas["PictureRow"];
export type VerdictRow = Schemas["VerdictRow"];

/** What the server refused, in its own words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

const SILENT = "Semeia does not answer. Is “semeia serve” still running?";

/** The words of an answer that says no. */
export async function refusal(answer: Response): Promise<ApiError> {
  let body: Record<string, unknown> = {};
  try {
    body = await answer.json();
  } catch {
    // not JSON: a proxy's page, or nothing at all
  }
  const detail = body.detail;
  const words = Array.isArray(detail)
    ? detail.map((fault) => (fault as { msg?: string }).msg ?? String(fault)).join("; ")
    : typeof detail === "string"
      ? detail
      : `The server answered ${answer.status} ${answer.statusText}.`.replace(" .", ".");
  return new ApiError(answer.status, words, body);
}

function csrfToken(): string {
  return /(?:^|; )semeia_csrf=([^;]*)/.exec(document.cookie)?.[1] ?? "";
}

/** `fetch`, but every answer that says no, and none at all, becomes an `ApiError`. */
export async function request(url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (init.method && init.method !== "GET") headers.set("X-CSRFToken", csrfToken());
  let answer: Response;
  try {
    answer = await fetch(url, { ...init, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, SILENT);
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

export const api = createClient<paths>();
api.use({
  onRequest({ request }) {
    if (request.method !== "GET") request.headers.set("X-CSRFToken", csrfToken());
    return request;
  },
  async onResponse({ response }) {
    if (!response.ok) throw await refusal(response);
  },
  onError: ({ error }) =>
    error instanceof DOMException && error.name === "AbortError" ? undefined : new ApiError(0, SILENT),
});

/** What a route answers; the client above throws where it says no. */
export async function ask<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}
