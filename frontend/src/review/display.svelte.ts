// How the reader wants to see signals: remembered from one recording to the next.

import type { Shown } from "../draw/trends";

export const HIGH_PASSES = [null, 0.1, 0.3, 0.5, 1, 1.6, 5];
export const LOW_PASSES = [null, 15, 30, 40, 70, 100];
export const NOTCHES = [null, 50, 60];
export const SENSITIVITIES = [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 200, 500];
export const PAGES = [5, 10, 15, 20, 30, 60];
export const TRENDS: readonly Shown[] = ["off", "dsa", "aeeg", "both"];

interface Choices {
  montage: string;
  highPass: number | null; // Hz
  lowPass: number | null;
  notch: number | null;
  sensitivity: number; // µV/mm
  seconds: number; // length of a page
  clock: boolean;
  positiveUp: boolean;
  reader: string; // who signs reports
  trends: Shown;
}

const NARROW = innerWidth < 640; // a phone has room for less at a time

const USUAL: Choices = {
  montage: "longitudinal",
  highPass: 0.5,
  lowPass: 70,
  notch: null,
  sensitivity: NARROW ? 20 : 10,
  seconds: NARROW ? 5 : 10,
  clock: false,
  positiveUp: false,
  reader: "",
  trends: NARROW ? "off" : "dsa",
};
const KEPT = "semeia.display";

function remembered(): Choices {
  try {
    return { ...USUAL, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  } catch {
    return USUAL;
  }
}

class Display {
  #now = $state.raw(remembered());

  get now(): Readonly<Choices> {
    return this.#now;
  }

  choose(change: Partial<Choices>): void {
    this.#now = { ...this.#now, ...change };
    localStorage.setItem(KEPT, JSON.stringify(this.#now));
  }
}

export const display = new Display();

/** The choice before or after; at the ends it stays. */
export function step<T>(choices: readonly T[], now: T, by: number): T {
  const index = choices.indexOf(now);
  return choices[Math.max(0, Math.min(choices.length - 1, index + by))];
}

/** The next choice, round and round. */
export function turn<T>(choices: readonly T[], now: T, by = 1): T {
  return choices[(choices.indexOf(now) + by + choices.length) % choices.length];
}
