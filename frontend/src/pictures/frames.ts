// Frames that were fetched, and those that are looked at next: kept until there are too many.

import { fetchFrame, type Frame } from "./pixels";

const MOST = 256 * 2 ** 20; // bytes kept

export class Frames {
  #kept = new Map<string, Frame>(); // the one that was asked for last is the last
  #coming = new Map<string, Promise<Frame>>();
  #leaving = new AbortController();

  constructor(private readonly fetch: typeof fetchFrame = fetchFrame) {}

  /** A frame, at once where it is there. */
  async get(id: string, frame: number): Promise<Frame> {
    const key = `${id} ${frame}`;
    const kept = this.#kept.get(key);
    if (kept) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    const coming = this.#coming.get(key) ?? this.#bring(key, id, frame);
    return coming;
  }

  close(): void {
    this.#leaving.abort();
  }

  #bring(key: string, id: string, frame: number): Promise<Frame> {
    const coming = this.fetch(id, frame, this.#leaving.signal)
      .then((come) => {
        this.#kept.set(key, come);
        this.#tidy();
        return come;
      })
      .finally(() => this.#coming.delete(key));
    this.#coming.set(key, coming);
    return coming;
  }

  #tidy(): void {
    let bytes = 0;
    for (const [key, { values }] of [...this.#kept].reverse()) {
      bytes += values.byteLength;
      if (bytes > MOST && bytes > values.byteLength) this.#kept.delete(key); // never the latest
    }
  }
}
