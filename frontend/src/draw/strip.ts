// The whole recording in one strip: envelope, probability track, events, gaps; and the small envelope of the Library.

import type { SignalPage } from "../api/signal";
import type { Ink } from "./ink";
import type { Band } from "./overlay";
import { multiples, steps, type TimeScale, xAt } from "./scale";
import { type Box, hatch } from "./surface";

/** The probability that a model gave to windows along the recording; NaN where it gave none. */
export interface Curve {
  first: number; // the middle of the first window, seconds
  hop: number;
  values: Float32Array;
}

export interface Strip {
  time: TimeScale; // the whole recording, over the whole width
  envelope: SignalPage | null;
  curve: Curve | null;
  threshold: number | null;
  bands: readonly Band[];
  gaps: readonly (readonly [number, number])[];
  label: (time: number) => string;
}

export const LANES = { events: 10, axis: 18 };

/** Where the probability is drawn: below the envelope, above the events. */
export function curveBox({ box }: TimeScale): Box {
  const height = (box.height - LANES.events - LANES.axis) / 2;
  return { ...box, y: box.y + height + 2, height: height - 4 };
}

export function drawStrip(context: CanvasRenderingContext2D, strip: Strip, ink: Ink): void {
  const { time } = strip;
  const { box } = time;
  const upper = { ...box, height: (box.height - LANES.events - LANES.axis) / 2 };
  drawAxis(context, strip, ink);
  for (const [from, to] of strip.gaps) {
    const left = xAt(time, from);
    hatch(
      context,
      { ...box, x: left, width: Math.max(1, xAt(time, to) - left), height: box.height - LANES.axis },
      ink.gap,
    );
  }
  if (strip.envelope) drawEnvelope(context, strip.envelope, upper, ink.side.other);
  drawCurve(context, strip, ink);
  drawTicks(context, strip, ink);
}

function drawAxis(context: CanvasRenderingContext2D, { time, label }: Strip, ink: Ink): void {
  const { box } = time;
  const { major } = steps(time.seconds, box.width, 72);
  const bottom = box.y + box.height - LANES.axis;
  context.fillStyle = ink.grid;
  for (const moment of multiples(major, time.start, time.start + time.seconds))
    context.fillRect(Math.round(xAt(time, moment)), box.y, 1, box.height - LANES.axis);
  context.font = `11px ${ink.font}`;
  context.textBaseline = "middle";
  context.textAlign = "center";
  context.fillStyle = ink.faint;
  for (const moment of multiples(major, time.start, time.start + time.seconds)) {
    const x = xAt(time, moment);
    if (x < box.x + box.width - 24) context.fillText(label(moment), Math.max(x, box.x + 20), bottom + 10);
  }
}

/** Draw minimum to maximum of each column, scaled so that all but its largest columns fit. */
export function drawEnvelope(context: CanvasRenderingContext2D, page: SignalPage, box: Box, colour: string): void {
  const columns = page.length / 2;
  const { values } = page;
  const size = typicalSize(values);
  if (!size) return;
  const scale = box.height / 2 / size;
  const middle = box.y + box.height / 2;
  context.beginPath();
  for (let column = 0; column < columns; column++) {
    const [low, high] = [values[2 * column], values[2 * column + 1]];
    if (low !== low) continue;
    const left = box.x + (column / columns) * box.width;
    const top = middle - Math.min(box.height / 2, high * scale);
    const bottom = middle - Math.max(-box.height / 2, low * scale);
    context.rect(left, top, Math.max(1, box.width / columns), Math.max(1, bottom - top));
  }
  context.fillStyle = colour;
  context.fill();
}

/** The size that 98 of 100 values stay below. */
export function typicalSize(values: Float32Array): number {
  const sizes = values
    .filter((value) => value === value)
    .map(Math.abs)
    .sort();
  return sizes.length ? sizes[Math.floor((sizes.length - 1) * 0.98)] : 0;
}

function drawCurve(context: CanvasRenderingContext2D, strip: Strip, ink: Ink): void {
  const box = curveBox(strip.time);
  context.fillStyle = ink.grid;
  context.fillRect(box.x, Math.round(box.y + box.height), box.width, 1);
  if (strip.curve) {
    const columns = columnsOf(strip.curve, strip.time);
    context.beginPath();
    columns.forEach((value, column) => {
      if (value >= 0)
        context.rect(box.x + column, box.y + (1 - value) * box.height, 1, Math.max(1, value * box.height));
    });
    context.fillStyle = ink.model;
    context.fill();
  }
  if (strip.threshold !== null) {
    const y = Math.round(box.y + (1 - strip.threshold) * box.height) + 0.5;
    context.beginPath();
    context.setLineDash([3, 3]);
    context.moveTo(box.x, y);
    context.lineTo(box.x + box.width, y);
    context.strokeStyle = ink.text;
    context.lineWidth = 1;
    context.stroke();
    context.setLineDash([]);
  }
}

/** The largest probability within each pixel column; −1 where none is known. */
export function columnsOf({ first, hop, values }: Curve, { start, seconds, box }: TimeScale): Float32Array {
  const columns = new Float32Array(Math.max(1, Math.round(box.width))).fill(-1);
  const perSecond = columns.length / seconds;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (value !== value) continue;
    const middle = first + index * hop;
    const from = Math.max(0, Math.floor((middle - hop / 2 - start) * perSecond));
    const to = Math.min(columns.length - 1, Math.ceil((middle + hop / 2 - start) * perSecond) - 1);
    for (let column = from; column <= Math.max(from, to) && column < columns.length; column++)
      if (value > columns[column]) columns[column] = value;
  }
  return columns;
}

/** Draw where events are. */
export function drawTicks(
  context: CanvasRenderingContext2D,
  { time, bands }: Pick<Strip, "time" | "bands">,
  ink: Ink,
): void {
  const { box } = time;
  const top = box.y + box.height - LANES.axis - LANES.events + 1;
  const inked = new Map<string, number>(); // up to where ticks of a kind are drawn: of thousands, most add nothing
  for (const band of bands) {
    const left = xAt(time, band.onset);
    const width = Math.max(2, xAt(time, band.onset + band.duration) - left);
    const kind = band.by + band.status;
    if (left + width < (inked.get(kind) ?? -1) + 0.5 && !band.selected) continue;
    inked.set(kind, left + width);
    const colour = band.status === "rejected" ? ink.rejected : ink[band.by];
    const height = LANES.events - 2;
    context.fillStyle = colour;
    if (band.status === "accepted") context.fillRect(left, top, width, height);
    else if (band.status === "proposed")
      context.fillRect(left, top, width, 3); // lighter than what is settled
    else context.fillRect(left, top + height - 1, width, 1);
    if (band.selected) {
      context.strokeStyle = ink.text;
      context.lineWidth = 1;
      context.strokeRect(left - 1.5, top - 1.5, width + 3, height + 3);
    }
  }
}
