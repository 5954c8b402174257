// Pages of signal kept in memory, on a grid as long as the screen's page: whatever the screen shows lies in one or two of
// them, so that turning a page, or moving by a second, draws at once what was fetched ahead. After a jump to where nothing
// is known the screen's own page is fetched instead, which is one answer to wait for, not two.

import type { SignalPage } from "../api/signal";

/** What changes the signal itself. */
export interface Look {
  montage: string;
  highPass: number | null; // Hz
  lowPass: number | null;
  notch: number | null;
  seconds: number; // length of a page
  pixels: number; // its width
}

export type Reader = (look: Look, start: number, seconds: number, signal: AbortSignal) => Promise<SignalPage>;

const MOST_BYTES = 96 * 2 ** 20;
const CLOSE = 1e-6; // seconds: how near to a border is on it

export class Tiles {
  #kept = new Map<string, SignalPage>(); // the last used last
  #bytes = 0;
  #coming = new Map<string, AbortController>();
  #failed = new Map<string, Error>();

  /**
   * @param read How a page is fetched.
   * @param duration Of the recording, in seconds.
   * @param arrived Called when a page has come, or failed to.
   */
  constructor(
    private readonly read: Reader,
    private readonly duration: number,
    private readonly arrived: () => void,
  ) {}

  /** Those pages that are there of a screen that begins at `start`, in order of time. */
  at(look: Look, start: number): SignalPage[] {
    const own = this.#kept.get(key(look, start));
    if (own) return [own];
    return this.#grid(look, start)
      .map((begin) => this.#kept.get(key(look, begin)))
      .filter((page) => page !== undefined);
  }

  /** Whether all of a screen is there. */
  covers(look: Look, start: number): boolean {
    return this.#kept.has(key(look, start)) || this.#missing(look, this.#grid(look, start)).length === 0;
  }

  /** Why a part of a screen could not be fetched. */
  fault(look: Look, start: number): Error | undefined {
    return [start, ...this.#grid(look, start)]
      .map((begin) => this.#failed.get(key(look, begin)))
      .find((error) => error);
  }

  /**
   * Fetch what a screen lacks; once that is there, its neighbours and what may be jumped to next.
   * What is still coming for other screens is given up.
   */
  want(look: Look, start: number, soon: readonly number[] = []): void {
    const grid = this.#grid(look, start);
    const missing = this.#missing(look, grid);
    const now = this.covers(look, start) ? [] : missing.length > 1 ? [start] : missing;
    const before = grid[0] - look.seconds;
    const after = grid[0] + grid.length * look.seconds;
    const next = [...grid, after, before, ...soon.flatMap((time) => this.#grid(look, time)), after + look.seconds];
    const wanted = new Set([...now, ...next].map((begin) => key(look, begin)));
    for (const [name, coming] of this.#coming) if (!wanted.has(name)) coming.abort();
    for (const begin of now) void this.#fetch(look, begin);
    const [first] = this.#missing(look, next).filter((begin) => !this.#failed.has(key(look, begin)));
    if (!now.length && first !== undefined) void this.#fetch(look, first);
  }

  /** Forget what failed, so that it is tried again. */
  retry(): void {
    this.#failed.clear();
  }

  close(): void {
    for (const coming of this.#coming.values()) coming.abort();
  }

  /** Where the pages of the grid begin on which a screen lies. */
  #grid(look: Look, start: number): number[] {
    const first = Math.max(0, Math.floor(start / look.seconds + CLOSE));
    const end = Math.min(start + look.seconds, this.duration);
    const last = Math.max(first, Math.ceil(end / look.seconds - CLOSE) - 1);
    return (first === last ? [first] : [first, last]).map((index) => index * look.seconds);
  }

  /** Those pages that the recording has and that are not there. */
  #missing(look: Look, starts: readonly number[]): number[] {
    return starts.filter((start) => start >= 0 && start < this.duration - CLOSE && !this.#kept.has(key(look, start)));
  }

  async #fetch(look: Look, start: number): Promise<void> {
    const name = key(look, start);
    if (this.#coming.has(name) || this.#failed.has(name)) return;
    const coming = new AbortController();
    this.#coming.set(name, coming);
    const seconds = Math.min(look.seconds, this.duration - start);
    const pixels = Math.max(1, Math.round((look.pixels * seconds) / look.seconds));
    try {
      this.#keep(name, await this.read({ ...look, pixels }, start, seconds, coming.signal));
    } catch (error) {
      if (!coming.signal.aborted) this.#failed.set(name, error as Error);
    } finally {
      if (this.#coming.get(name) === coming) this.#coming.delete(name);
    }
    if (!coming.signal.aborted) this.arrived();
  }

  #keep(name: string, page: SignalPage): void {
    this.#kept.set(name, page);
    this.#bytes += page.values.byteLength;
    for (const [oldest, { values }] of this.#kept) {
      if (this.#bytes <= MOST_BYTES || oldest === name) break;
      this.#kept.delete(oldest);
      this.#bytes -= values.byteLength;
    }
  }
}

const key = ({ montage, highPass, lowPass, notch, seconds, pixels }: Look, start: number): string =>
  [montage, highPass, lowPass, notch, seconds, pixels, start.toFixed(4)].join("|");
