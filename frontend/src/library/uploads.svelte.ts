// Files that come in by drag and drop: in slices, one file after another, and on from where they stopped.

import { ApiError, api, ask, type Imported, request, type UploadRow } from "../api/client";

const SLICE = 8 * 2 ** 20;

export interface Upload {
  name: string;
  folder: string; // folders that it was dropped with
  size: number;
  received: number;
  state: "waiting" | "sending" | "reading" | "broken";
  fault: string;
  id: string | null; // the server's, once it knows the file
}

/** What the uploads need of the server; so that slicing and resuming can be tested by themselves. */
export interface Sink {
  unfinished(): Promise<UploadRow[]>;
  start(name: string, size: number, folder: string): Promise<UploadRow>;
  send(id: string, offset: number, slice: Blob): Promise<number>; // returns how much has come in
  finish(id: string): Promise<Imported>;
  drop(id: string): Promise<void>;
}

export const server: Sink = {
  unfinished: () => ask(api.GET("/api/uploads")),
  start: (name, size, folder) => ask(api.POST("/api/uploads", { body: { name, size, folder } })),
  send: async (id, offset, slice) => {
    const type = "application/octet-stream";
    try {
      const answer = await request(`/api/uploads/${id}?offset=${offset}`, {
        method: "PUT",
        body: slice,
        headers: { "Content-Type": type },
      });
      return (await answer.json()).received;
    } catch (error) {
      if (error instanceof ApiError && error.status === 409 && typeof error.body.received === "number")
        return error.body.received; // another slice length than thought has come in: go on from there
      throw error;
    }
  },
  finish: (id) => ask(api.POST("/api/uploads/{id}/finish", { params: { path: { id } } })),
  drop: async (id) => void (await api.DELETE("/api/uploads/{id}", { params: { path: { id } } })),
};

/** Send a file from where the server has it; tells how far it is. */
export async function sendFile(
  sink: Sink,
  file: File,
  progress: (upload: UploadRow) => void,
  folder = "",
  pause: (milliseconds: number) => Promise<void> = (time) => new Promise((go) => setTimeout(go, time)),
): Promise<UploadRow> {
  const begun = (await sink.unfinished()).find(
    (known) => known.name === file.name && known.size === file.size && known.folder === folder,
  );
  let upload = begun ?? (await sink.start(file.name, file.size, folder));
  progress(upload);
  for (let failures = 0; upload.received < file.size;) {
    try {
      const slice = file.slice(upload.received, upload.received + SLICE);
      upload = { ...upload, received: await sink.send(upload.id, upload.received, slice) };
      failures = 0;
      progress(upload);
    } catch (error) {
      const passing = error instanceof ApiError && (error.status === 0 || (error.status >= 502 && error.status <= 504));
      if (!passing || ++failures > 5) throw error;
      await pause(500 * 2 ** failures);
    }
  }
  return upload;
}

export class Uploads {
  list = $state<Upload[]>([]);
  #waiting: { upload: Upload; file: File }[] = [];
  #busy = false;

  constructor(
    private readonly sink: Sink,
    private readonly came: (imported: Imported) => void,
    private readonly all: (sets: string[]) => void = () => {}, // with the image sets that anything came into
  ) {}

  /** Show what stopped half-way before this page was opened. */
  async recall(): Promise<void> {
    for (const { id, name, folder, size, received } of await this.sink.unfinished()) {
      if (this.list.some((upload) => upload.id === id)) continue;
      this.list.push({
        id,
        name,
        folder,
        size,
        received,
        state: "broken",
        fault: "stopped half-way; drop the file again to go on",
      });
    }
  }

  add(files: Iterable<File>, folders: ReadonlyMap<File, string> = new Map()): void {
    for (const file of files) {
      const folder = folders.get(file) ?? "";
      this.list = this.list.filter(
        ({ name, size, state }) => !(state === "broken" && name === file.name && size === file.size),
      );
      const { name, size } = file;
      this.list.push({ id: null, name, folder, size, received: 0, state: "waiting", fault: "" });
      this.#waiting.push({ upload: this.list[this.list.length - 1], file });
    }
    void this.#work();
  }

  async forget(upload: Upload): Promise<void> {
    this.list = this.list.filter((other) => other !== upload);
    if (upload.id) await this.sink.drop(upload.id);
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const sets = new Set<string>();
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift())
      for (const set of await this.#bring(next.upload, next.file)) sets.add(set);
    this.#busy = false;
    this.all([...sets]);
  }

  /** Bring a file in; returns the image sets that it came into. */
  async #bring(upload: Upload, file: File): Promise<string[]> {
    try {
      upload.state = "sending";
      await sendFile(this.sink, file, ({ id, received }) => Object.assign(upload, { id, received }), upload.folder);
      upload.state = "reading";
      const imported = await this.sink.finish(upload.id!);
      this.list = this.list.filter((other) => other !== upload);
      this.came(imported);
      return imported.sets ?? [];
    } catch (error) {
      if (upload.state === "reading") upload.id = null; // the server has removed what it could not read
      Object.assign(upload, { state: "broken", fault: (error as Error).message });
      return [];
    }
  }
}

/** How much of a file, as one reads it. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = count ? Math.min(units.length - 1, Math.floor(Math.log10(count) / 3)) : 0;
  return `${(count / 1000 ** power).toFixed(power > 1 ? 1 : 0)} ${units[power]}`;
}
