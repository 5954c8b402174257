// From seconds and microvolts to pixels, and back.

import type { Box } from "./surface";

/** CSS pixels in a millimetre: CSS defines an inch as 96 pixels; sensitivities in µV/mm rest on it. */
export const PIXELS_PER_MM = 96 / 25.4;

/** A window of time, and where on the canvas it lies. */
export interface TimeScale {
  start: number; // seconds
  seconds: number;
  box: Box;
}

export const xAt = ({ start, seconds, box }: TimeScale, time: number): number =>
  box.x + ((time - start) / seconds) * box.width;

export const timeAt = ({ start, seconds, box }: TimeScale, x: number): number =>
  start + ((x - box.x) / box.width) * seconds;

/** How far apart grid lines and time labels stand on a page. */
export interface Steps {
  minor: number;
  major: number; // labelled
}

const STEPS: [step: number, within: number][] = [
  [0.1, 5], [0.2, 5], [0.5, 2], [1, 5], [2, 5], [5, 5], [10, 6], [15, 4], [30, 6], [60, 5], [120, 4], [300, 5],
  [600, 6], [900, 3], [1800, 6], [3600, 4], [7200, 4], [10800, 3], [14400, 4], [21600, 6], [43200, 4], [86400, 4],
]; // prettier-ignore

/** Steps such that labels have room, `spacing` pixels each. */
export function steps(seconds: number, width: number, spacing: number): Steps {
  const wanted = (spacing / Math.max(width, 1)) * seconds;
  const [major, parts] = STEPS.find(([step]) => step >= wanted) ?? STEPS[STEPS.length - 1];
  return { minor: major / parts, major };
}

/** Multiples of a step within a window. */
export function* multiples(step: number, from: number, to: number): Generator<number> {
  for (let index = Math.ceil(from / step - 1e-6); index * step <= to + 1e-6; index++) yield index * step;
}

/** A round size for the scale bar: the largest 1, 2 or 5 × 10ⁿ that is at most `most`. */
export function roundSize(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((digit) => digit * power).find((size) => size <= most * (1 + 1e-9)) ?? power;
}
