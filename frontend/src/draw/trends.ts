// Trends of the whole recording: a spectrogram (DSA) and an amplitude-integrated EEG (aEEG), a row for each side.

import type { Trends } from "../api/trends";
import { colourAt, COLOURS } from "./colours";
import type { Ink } from "./ink";
import { type TimeScale, xAt } from "./scale";
import { type Box, hatch } from "./surface";

export type Shown = "off" | "dsa" | "aeeg" | "both";
type Kind = "dsa" | "aeeg";

/** One row: one kind of trend of one side. */
export interface Row {
  kind: Kind;
  side: number; // its place in the trends' sides
  y: number;
  height: number;
}

/** What is drawn, and where; `range` is what the colours reach over, in dB, `top` where the amplitude's scale ends, in µV. */
export interface Panel {
  time: TimeScale; // the whole recording, over the whole width
  trends: Trends;
  rows: readonly Row[];
  range: readonly [number, number];
  top: number;
  gaps: readonly (readonly [number, number])[];
}

const HEIGHTS: Record<Kind, number> = { dsa: 38, aeeg: 40 };
const BETWEEN: Record<Kind, number> = { dsa: 2, aeeg: 6 };
const AROUND = 4; // pixels around a kind
const NARROW = 56; // pixels on the left: with more, there is room for words and a legend

/** The rows of what is shown, from top to bottom, and how high they are together. */
export function rowsOf(shown: Shown, sides: number): { rows: Row[]; height: number } {
  const rows: Row[] = [];
  let y = 0;
  for (const kind of ["dsa", "aeeg"] as const) {
    if (shown !== kind && shown !== "both") continue;
    y += AROUND;
    for (let side = 0; side < sides; side++) {
      rows.push({ kind, side, y, height: HEIGHTS[kind] });
      y += HEIGHTS[kind] + BETWEEN[kind];
    }
    y -= BETWEEN[kind];
  }
  return { rows, height: y ? y + AROUND : 0 };
}

const LINEAR = 10; // µV: up to here the scale is linear, logarithmic above

/** How high an amplitude stands, from 0 to 1: the linear part is as high as a decade of the logarithmic one. */
export function amplitudeHeight(microvolts: number, top: number): number {
  const above = Math.log10(Math.max(microvolts, LINEAR) / LINEAR);
  const height = (Math.min(microvolts, LINEAR) / LINEAR + above) / (1 + Math.log10(top / LINEAR));
  return Math.max(0, Math.min(1, height));
}

/** Where the scale ends: at 100 µV as on the monitor's paper, further up if much is larger, as in seizures of children. */
export function amplitudeTop(amplitude: Float32Array): number {
  let [known, larger] = [0, 0];
  for (let index = 1; index < amplitude.length; index += 2) {
    if (amplitude[index] === amplitude[index]) known++;
    if (amplitude[index] > 100) larger++;
  }
  return larger > known / 20 ? 500 : 100;
}

/** What the colours should reach over: all but the extremes, in steps of 5 dB, so that it seldom moves while trends grow. */
export function powerRange(power: Float32Array): [number, number] {
  const stride = Math.max(1, Math.floor(power.length / 20000)) | 1; // odd, so that it meets all bins
  const some: number[] = [];
  for (let index = 0; index < power.length; index += stride)
    if (power[index] === power[index]) some.push(power[index]);
  if (!some.length) return [0, 30];
  some.sort((a, b) => a - b);
  const at = (share: number): number => some[Math.round(share * (some.length - 1))];
  const low = 5 * Math.floor(at(0.05) / 5);
  return [low, Math.max(low + 20, 5 * Math.ceil(at(0.99) / 5))];
}

/** A spectrogram as red, green, blue and alpha, row after row; nothing where nothing is known. Frequencies rise. */
export function spectrogram(
  { power, columns, frequencies, width: perColumn, seconds }: Trends,
  side: number,
  [low, high]: readonly [number, number],
  width: number,
  height: number,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * width * height);
  const bins = frequencies.length;
  for (let x = 0; x < width; x++) {
    const column = Math.min(columns - 1, Math.floor(((x + 0.5) / width) * (seconds / perColumn)));
    const first = (side * columns + column) * bins;
    for (let y = 0; y < height; y++) {
      const value = power[first + Math.floor(((height - y - 0.5) / height) * bins)];
      if (value !== value) continue;
      const colour = 3 * Math.round(255 * Math.max(0, Math.min(1, (value - low) / (high - low))));
      const place = 4 * (y * width + x);
      for (let part = 0; part < 3; part++) pixels[place + part] = COLOURS[colour + part];
      pixels[place + 3] = 255;
    }
  }
  return pixels;
}

export function drawTrends(context: CanvasRenderingContext2D, panel: Panel, ink: Ink): void {
  for (const row of panel.rows) {
    const box = { ...panel.time.box, y: row.y, height: row.height };
    if (row.kind === "dsa") drawSpectrogram(context, panel, row.side, box);
    else drawAmplitude(context, panel, row.side, box, ink);
    drawGaps(context, panel, box, ink);
    drawScale(context, row.kind === "dsa" ? FREQUENCIES : amplitudeTicks(panel.top, box.x > NARROW), box, ink);
  }
  const spectra = panel.rows.filter(({ kind }) => kind === "dsa");
  if (spectra.length && panel.time.box.x > NARROW) drawLegend(context, spectra, panel.range, ink);
}

function drawSpectrogram(context: CanvasRenderingContext2D, panel: Panel, side: number, box: Box): void {
  const density = context.getTransform().a;
  const [width, height] = [Math.max(1, Math.round(box.width * density)), Math.round(box.height * density)];
  const pixels = spectrogram(panel.trends, side, panel.range, width, height);
  context.putImageData(new ImageData(pixels, width, height), Math.round(box.x * density), Math.round(box.y * density));
}

function drawAmplitude(context: CanvasRenderingContext2D, panel: Panel, side: number, box: Box, ink: Ink): void {
  const { amplitude, columns, width, sides } = panel.trends;
  const yAt = (microvolts: number): number => box.y + (1 - amplitudeHeight(microvolts, panel.top)) * box.height;
  for (const line of panel.top > 100 ? [10, 100] : [5, 10, 25, 50]) {
    context.fillStyle = line === LINEAR ? ink.gridStrong : ink.grid;
    context.fillRect(box.x, Math.round(yAt(line)), box.width, 1);
  }
  context.beginPath();
  for (let column = 0; column < columns; column++) {
    const [low, high] = amplitude.subarray(2 * (side * columns + column));
    if (low !== low) continue;
    const left = xAt(panel.time, column * width);
    const right = Math.min(box.x + box.width, xAt(panel.time, (column + 1) * width));
    context.rect(left, yAt(high), Math.max(1, right - left), Math.max(1, yAt(low) - yAt(high)));
  }
  const name = sides[side];
  context.fillStyle = ink.side[name === "all" ? "other" : name];
  context.fill();
}

function drawGaps(context: CanvasRenderingContext2D, { time, gaps }: Panel, box: Box, ink: Ink): void {
  for (const [from, to] of gaps) {
    const left = xAt(time, from);
    hatch(context, { ...box, x: left, width: Math.max(1, xAt(time, to) - left) }, ink.gap);
  }
}

type Tick = [share: number, words: string];
const FREQUENCIES: Tick[] = [[10 / 25, "10"], [20 / 25, "20 Hz"]]; // prettier-ignore

function amplitudeTicks(top: number, roomy: boolean): Tick[] {
  return [0, 10, 100].map((size) => [amplitudeHeight(size, top), size === 100 && roomy ? "100 µV" : `${size}`]);
}

/** Ticks beside a row. */
function drawScale(context: CanvasRenderingContext2D, ticks: readonly Tick[], box: Box, ink: Ink): void {
  context.font = `10px ${ink.font}`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const [share, words] of ticks) {
    const y = Math.round(box.y + (1 - share) * box.height);
    context.fillStyle = ink.faint;
    context.fillRect(box.x - 4, Math.min(y, box.y + box.height - 1), 3, 1);
    context.fillText(words, box.x - 6, Math.max(box.y + 5, Math.min(y, box.y + box.height - 4)));
  }
}

/** What the colours mean: a bar beside the spectrograms, with its ends in dB. */
function drawLegend(context: CanvasRenderingContext2D, rows: readonly Row[], [low, high]: Panel["range"], ink: Ink): void {
  const last = rows[rows.length - 1];
  const [x, top, bottom] = [40, rows[0].y, last.y + last.height];
  for (let y = top; y < bottom; y++) {
    context.fillStyle = colourAt((bottom - y - 0.5) / (bottom - top));
    context.fillRect(x, y, 4, 1);
  }
  context.font = `10px ${ink.font}`;
  context.textAlign = "left";
  context.fillStyle = ink.faint;
  context.textBaseline = "middle";
  const words = (level: number): string => String(level).replace("-", "−");
  context.fillText(words(high), x + 7, top + 5);
  context.fillText("dB", x + 7, (top + bottom) / 2);
  context.fillText(words(low), x + 7, bottom - 4);
}
