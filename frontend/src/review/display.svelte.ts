// How the reader wants to see signals: remembered from one recording to the next.

import { PIXELS_PER_MM } from "../draw/scale";
import type { Shown } from "../draw/trends";

export const HIGH_PASSES = [null, 0.1, 0.3, 0.5, 1, 1.6, 5];
export const LOW_PASSES = [null, 15, 30, 40, 70, 100];
export const NOTCHES = [null, 50, 60];
export const SENSITIVITIES = [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 200, 500];
export const GAINS = [0.125, 0.25, 0.5, 1, 2, 4, 8]; // of single channels
export const PAGES = [5, 10, 15, 20, 30, 60];
export const TRENDS: readonly Shown[] = ["off", "dsa", "aeeg", "both"];

interface Choices {
  montage: string;
  highPass: number | null; // Hz
  lowPass: number | null;
  notch: number | null;
  sensitivity: number; // µV/mm
  perCentimetre: boolean; // sensitivities are said in µV/cm
  screen: number | null; // pixels of the screen in a millimetre; null: as CSS has it
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
  perCentimetre: false,
  screen: null,
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

  /** CSS pixels in a millimetre of this screen, at the browser's zoom of now. */
  get pixelsPerMm(): number {
    return this.#now.screen === null ? PIXELS_PER_MM : this.#now.screen / (devicePixelRatio || 1);
  }

  /** A sensitivity in words. */
  sensitivity(value = this.#now.sensitivity): string {
    return this.#now.perCentimetre ? `${+(value * 10).toPrecision(4)} µV/cm` : `${value} µV/mm`;
  }

  choose(change: Partial<Choices>): void {
    this.#now = { ...this.#now, ...change };
    localStorage.setItem(KEPT, JSON.stringify(this.#now));
  }
}

export const display = new Display();

/** The next larger choice (1) or the next smaller (-1); at the ends it stays. */
export function step(choices: readonly number[], now: number, by: 1 | -1): number {
  return (by > 0 ? choices.find((value) => value > now) : choices.findLast((value) => value < now)) ?? now;
}

/** The next choice, round and round. */
export function turn<T>(choices: readonly T[], now: T): T {
  return choices[(choices.indexOf(now) + 1) % choices.length];
}
