// The traces: one `draw(page)` that knows nothing of components. Negative is up, as EEG is read, unless it is asked for.

import type { SignalPage } from "../api/signal";
import type { Ink } from "./ink";
import { multiples, roundSize, steps, type TimeScale, xAt } from "./scale";
import { type Box, hairline, hatch } from "./surface";

/** What one picture of traces shows. */
export interface TracePage {
  time: TimeScale; // its box is where the traces go; labels stand left of it, times below
  pages: readonly SignalPage[]; // in order of time; together they cover what is there of the window
  channels: SignalPage["channels"]; // of the pages; known before they are there
  rows: readonly number[]; // which channels, from top to bottom
  pixelsPerMicrovolt: number;
  gains: ReadonlyMap<string, number>; // of single channels, by label
  positiveUp: boolean;
  fitted: ReadonlySet<number>; // channels that are no voltages: each fills its row
  gaps: readonly (readonly [number, number])[];
  duration: number; // of the recording
  label: (time: number) => string; // of the time axis
}

/** The height of one channel. */
export const rowHeight = (box: Box, rows: number): number => box.height / Math.max(rows, 1);

/** Draw the page: grid, gaps, traces, labels, times, scale bar. */
export function draw(context: CanvasRenderingContext2D, page: TracePage, ink: Ink): void {
  const { box } = page.time;
  drawGrid(context, page, ink);
  context.save();
  context.beginPath();
  context.rect(box.x, box.y, box.width, box.height);
  context.clip();
  for (const [from, to] of [...page.gaps, [page.duration, Infinity] as const]) {
    const left = Math.max(box.x, xAt(page.time, from));
    const right = Math.min(box.x + box.width, xAt(page.time, to));
    if (right > left) hatch(context, { ...box, x: left, width: right - left }, ink.gap);
  }
  drawTraces(context, page, ink);
  context.restore();
  drawLabels(context, page, ink);
  drawScaleBar(context, page, ink);
}

function drawGrid(context: CanvasRenderingContext2D, page: TracePage, ink: Ink): void {
  const { time } = page;
  const { box } = time;
  const { minor, major } = steps(time.seconds, box.width, 64);
  const lines = (step: number, colour: string): void => {
    context.beginPath();
    for (const moment of multiples(step, time.start, time.start + time.seconds)) {
      const x = Math.round(xAt(time, moment)) + 0.5;
      context.moveTo(x, box.y);
      context.lineTo(x, box.y + box.height);
    }
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.stroke();
  };
  if (minor >= 0.2) lines(minor, ink.grid);
  lines(major, ink.gridStrong);
  context.font = `11px ${ink.font}`;
  context.fillStyle = ink.faint;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const moment of multiples(major, time.start, Math.min(time.start + time.seconds, page.duration))) {
    const x = xAt(time, moment);
    if (x > box.x + box.width - 24) continue; // the last would be cut off, and is the next page's first
    context.fillText(page.label(moment), Math.max(x, box.x + 24), box.y + box.height + 11);
  }
}

/** Draw one path for each channel. */
export function drawTraces(context: CanvasRenderingContext2D, page: TracePage, ink: Ink): void {
  const height = rowHeight(page.time.box, page.rows.length);
  context.lineWidth = hairline();
  context.lineJoin = "bevel";
  page.rows.forEach((channel, row) => {
    const middle = page.time.box.y + (row + 0.5) * height;
    const { label, side } = page.channels[channel];
    const own = page.gains.get(label) ?? 1;
    const gain = page.fitted.has(channel)
      ? fittedGain(page, channel, 0.8 * height * own, middle)
      : { middle, scale: (page.positiveUp ? -own : own) * page.pixelsPerMicrovolt };
    context.strokeStyle = ink.side[side];
    context.beginPath();
    let pen = false;
    for (const part of page.pages) {
      const trace = part.mode === "samples" ? traceSamples : traceColumns;
      pen = trace(context, part, channel, page.time, gain, pen);
    }
    context.stroke();
  });
}

/** Where zero lies, and how many pixels down one unit goes. */
interface Gain {
  middle: number;
  scale: number;
}

/** What lets a channel fill a height; more is up, as everywhere but in EEG. */
function fittedGain({ pages, time }: TracePage, channel: number, height: number, middle: number): Gain {
  let [low, high] = [Infinity, -Infinity];
  for (const { start, seconds, length, values } of pages) {
    const first = Math.max(0, Math.floor(((time.start - start) / seconds) * length));
    const last = Math.min(length, Math.ceil(((time.start + time.seconds - start) / seconds) * length));
    for (const value of values.subarray(channel * length + first, channel * length + last)) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  const scale = high > low ? -height / (high - low) : 0;
  return { middle: scale ? middle - ((low + high) / 2) * scale : middle, scale };
}

type Trace = (
  context: CanvasRenderingContext2D,
  part: SignalPage,
  channel: number,
  time: TimeScale,
  gain: Gain,
  pen: boolean, // whether the line goes on from the part before
) => boolean;

const traceSamples: Trace = (context, part, channel, time, { middle, scale }, pen) => {
  const rate = part.rate ?? part.length / part.seconds;
  const first = Math.max(0, Math.floor((time.start - part.start) * rate) - 1);
  const last = Math.min(part.length, Math.ceil((time.start + time.seconds - part.start) * rate) + 2);
  const offset = channel * part.length;
  const step = time.box.width / time.seconds / rate;
  const left = xAt(time, part.start);
  const [top, bottom] = limits(time.box);
  for (let index = first; index < last; index++) {
    const value = part.values[offset + index];
    if (value !== value) {
      pen = false; // a gap
      continue;
    }
    const y = middle + value * scale;
    const within = y < top ? top : y > bottom ? bottom : y;
    if (pen) context.lineTo(left + index * step, within);
    else context.moveTo(left + index * step, within);
    pen = true;
  }
  return pen;
};

const traceColumns: Trace = (context, part, channel, time, { middle, scale }, pen) => {
  const columns = part.length / 2;
  const width = part.seconds / columns;
  const first = Math.max(0, Math.floor((time.start - part.start) / width) - 1);
  const last = Math.min(columns, Math.ceil((time.start + time.seconds - part.start) / width) + 1);
  const offset = channel * part.length;
  const step = (width / time.seconds) * time.box.width;
  const left = xAt(time, part.start) + step / 2;
  const [top, bottom] = limits(time.box);
  for (let column = first; column < last; column++) {
    const low = part.values[offset + 2 * column];
    const high = part.values[offset + 2 * column + 1];
    if (low !== low || high !== high) {
      pen = false;
      continue;
    }
    const x = left + column * step;
    const from = Math.max(top, Math.min(bottom, middle + low * scale));
    const to = Math.max(top, Math.min(bottom, middle + high * scale));
    if (pen) context.lineTo(x, from);
    else context.moveTo(x, from);
    context.lineTo(x, to);
    pen = true;
  }
  return pen;
};

/** Lines far outside what is seen cost time to draw and show nothing. */
const limits = (box: Box): [number, number] => [box.y - box.height, box.y + 2 * box.height];

function drawLabels(context: CanvasRenderingContext2D, page: TracePage, ink: Ink): void {
  const { box } = page.time;
  const height = rowHeight(box, page.rows.length);
  const font = `500 ${labelSize(height)}px ${ink.font}`;
  context.font = font;
  context.textAlign = "left";
  context.textBaseline = "middle";
  page.rows.forEach((channel, row) => {
    const { label, side } = page.channels[channel];
    context.fillStyle = ink.side[side];
    const y = box.y + (row + 0.5) * height;
    const gain = page.gains.get(label);
    context.fillText(gain ? `${label} ×${shownGain(gain)}` : label, 8, y, box.x - 12);
    if (!page.fitted.has(channel) || height < 32) return;
    context.font = `400 10px ${ink.font}`; // the scale bar does not hold for it
    context.fillText("fitted to its row", 8, y + 14);
    context.font = font;
  });
}

/** A gain in few characters. */
export const shownGain = (gain: number): string =>
  ({ 0.125: "⅛", 0.25: "¼", 0.5: "½" })[gain] ?? String(gain);

/** A size that leaves rows apart. */
export const labelSize = (height: number): number => Math.max(8, Math.min(12, Math.floor(height * 1.1)));

function drawScaleBar(context: CanvasRenderingContext2D, page: TracePage, ink: Ink): void {
  const { box } = page.time;
  const microvolts = roundSize(64 / page.pixelsPerMicrovolt);
  const height = microvolts * page.pixelsPerMicrovolt;
  const x = box.x + box.width - 12.5;
  const bottom = box.y + box.height - 8;
  const words = `${microvolts.toLocaleString("en")} µV${page.positiveUp ? ", positive up" : ""}`;
  context.font = `500 11px ${ink.font}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillStyle = ink.paper;
  context.globalAlpha = 0.8;
  context.fillRect(
    x - 10 - context.measureText(words).width,
    bottom - height / 2 - 8,
    context.measureText(words).width + 6,
    16,
  );
  context.globalAlpha = 1;
  context.beginPath();
  for (const y of [bottom - height, bottom]) {
    context.moveTo(x - 4, Math.round(y) + 0.5);
    context.lineTo(x + 4, Math.round(y) + 0.5);
  }
  context.moveTo(x, bottom - height);
  context.lineTo(x, bottom);
  context.strokeStyle = ink.text;
  context.lineWidth = 1;
  context.stroke();
  context.fillStyle = ink.text;
  context.fillText(words, x - 8, bottom - height / 2);
}

/** What each shown channel reads at a time, in µV; NaN where nothing is known. */
export function valuesAt(page: Pick<TracePage, "pages" | "rows">, time: number): number[] {
  const part = page.pages.find(({ start, seconds }) => time >= start && time < start + seconds);
  if (!part) return page.rows.map(() => NaN);
  const { values, length } = part;
  if (part.mode === "samples") {
    const index = Math.min(length - 1, Math.round((time - part.start) * (part.rate ?? length / part.seconds)));
    return page.rows.map((channel) => values[channel * length + index]);
  }
  const column = Math.min(length / 2 - 1, Math.floor(((time - part.start) / part.seconds) * (length / 2)));
  return page.rows.map((channel) => {
    const at = channel * length + 2 * column;
    return (values[at] + values[at + 1]) / 2;
  });
}
