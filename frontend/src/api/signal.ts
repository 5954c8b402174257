// Stretches of signal as the server sends them: a length, a JSON header, then little-endian float32 values.

import { request } from "./client";

export type Side = "left" | "right" | "midline" | "other";

export interface SignalPage {
  start: number; // seconds from the recording's start
  seconds: number;
  channels: { label: string; side: Side }[];
  mode: "samples" | "minmax";
  rate: number | null; // samples per second, where there are samples
  columns: number | null; // pairs of minimum and maximum per channel, otherwise
  gaps: [number, number][];
  values: Float32Array; // µV; channels after one another; NaN in gaps
  length: number; // values per channel
}

/** Read a page without copying its values. */
export function parseSignal(buffer: ArrayBuffer): SignalPage {
  const size = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
  const values = new Float32Array(buffer, 4 + size);
  return { ...header, values, length: header.channels.length ? values.length / header.channels.length : 0 };
}

/** Fetch a page of signal; or, while the envelope it needs is still being built, which share of that is done. */
export async function fetchSignal(url: string, signal?: AbortSignal): Promise<SignalPage | { share: number }> {
  const answer = await request(url, { signal });
  return answer.status === 202 ? await answer.json() : parseSignal(await answer.arrayBuffer());
}

/** Fetch what is drawn from the envelope, asking again until that is built. */
export async function fetchEnvelope(
  url: string,
  signal: AbortSignal,
  progress: (share: number) => void = () => {},
): Promise<SignalPage> {
  for (let wait = 250; ; wait = Math.min(2000, wait * 1.5)) {
    const answer = await fetchSignal(url, signal);
    if ("values" in answer) return answer;
    progress(answer.share);
    await new Promise((resume) => setTimeout(resume, wait));
    signal.throwIfAborted();
  }
}
