// What lies over the traces: marked events, the stretch being marked, the cursor and what it reads.

import type { Ink } from "./ink";
import { type TimeScale, xAt } from "./scale";
import { labelSize, rowHeight } from "./traces";

/** An event as drawings need it. */
export interface Band {
  onset: number;
  duration: number;
  words: string; // above the traces
  by: "person" | "model";
  status: "proposed" | "accepted" | "rejected";
  selected: boolean;
  rows: readonly number[]; // rows it concerns; none means all
}

export interface Overlay {
  time: TimeScale;
  rowCount: number;
  bands: readonly Band[];
  lane: number; // height of the lane above the traces, for the events' names
  marking: readonly [number, number] | null;
  markingRows: readonly number[]; // rows that it is to concern; none means all
  measured: Measured | null;
  cursor: { time: number; words: string; values: readonly number[] } | null;
}

/** A stretch that is measured: two times, and how far apart two heights are. */
export interface Measured {
  from: number; // seconds
  to: number;
  top: number; // pixels from the canvas's upper edge
  bottom: number;
  words: string;
}

export function drawOverlay(context: CanvasRenderingContext2D, page: Overlay, ink: Ink): void {
  const { box } = page.time;
  context.save();
  context.beginPath();
  context.rect(box.x, box.y - page.lane, box.width, box.height + page.lane);
  context.clip();
  for (const band of page.bands) drawBand(context, page, band, ink);
  if (page.marking) drawMarking(context, page, page.marking, ink);
  if (page.measured) drawMeasured(context, page, page.measured, ink);
  context.restore();
  if (page.cursor) drawCursor(context, page, page.cursor, ink);
}

const colourOf = ({ by, status }: Band, ink: Ink): string => (status === "rejected" ? ink.rejected : ink[by]);

function drawBand(context: CanvasRenderingContext2D, page: Overlay, band: Band, ink: Ink): void {
  const { time, lane } = page;
  const { box } = time;
  const left = Math.max(box.x - 2, xAt(time, band.onset));
  const right = Math.min(box.x + box.width + 2, xAt(time, band.onset + band.duration));
  if (right < box.x || left > box.x + box.width) return;
  const colour = colourOf(band, ink);
  const width = Math.max(1, right - left);
  context.fillStyle = colour;
  if (band.status !== "rejected") {
    context.globalAlpha = band.selected ? 0.1 : 0.06;
    const height = rowHeight(box, page.rowCount);
    if (band.rows.length) for (const row of band.rows) context.fillRect(left, box.y + row * height, width, height);
    else context.fillRect(left, box.y, width, box.height);
    context.globalAlpha = 1;
  }
  context.strokeStyle = colour;
  context.lineWidth = band.selected ? 2 : 1;
  context.setLineDash(band.status === "accepted" ? [] : [4, 3]);
  context.beginPath();
  for (const x of [left, left + width]) {
    context.moveTo(Math.round(x) + 0.5, box.y - lane + 2);
    context.lineTo(Math.round(x) + 0.5, box.y + box.height);
  }
  context.stroke();
  context.setLineDash([]);
  context.fillRect(left, box.y - lane, width, band.selected ? 4 : 2);
  context.font = `${band.selected ? 600 : 500} 11px ${ink.font}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.save();
  context.beginPath();
  context.rect(left, box.y - lane, Math.max(width, 120), lane);
  context.clip();
  context.fillText(band.words, Math.max(left, box.x) + 5, box.y - lane / 2 + 2);
  context.restore();
}

function drawMarking(
  context: CanvasRenderingContext2D,
  page: Overlay,
  [from, to]: readonly [number, number],
  ink: Ink,
): void {
  const { time, lane } = page;
  const { box } = time;
  const [left, right] = [xAt(time, Math.min(from, to)), xAt(time, Math.max(from, to))];
  context.fillStyle = ink.accent;
  context.globalAlpha = 0.14;
  const height = rowHeight(box, page.rowCount);
  if (page.markingRows.length)
    for (const row of page.markingRows) context.fillRect(left, box.y + row * height, right - left, height);
  else context.fillRect(left, box.y - lane, right - left, box.height + lane);
  context.globalAlpha = 1;
  context.fillRect(left, box.y - lane, 1, box.height + lane);
  context.fillRect(right, box.y - lane, 1, box.height + lane);
  context.font = `600 11px ${ink.font}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(`${Math.abs(to - from).toFixed(2)} s`, left + 5, box.y - lane / 2 + 1);
}

function drawMeasured(context: CanvasRenderingContext2D, page: Overlay, measured: Measured, ink: Ink): void {
  const { box } = page.time;
  const [left, right] = [measured.from, measured.to].map((time) => Math.round(xAt(page.time, time)) + 0.5);
  context.strokeStyle = ink.accent;
  context.lineWidth = 1;
  context.beginPath();
  for (const x of [left, right]) {
    context.moveTo(x, box.y);
    context.lineTo(x, box.y + box.height);
  }
  for (const y of [measured.top, measured.bottom]) {
    context.moveTo(left, Math.round(y) + 0.5);
    context.lineTo(right, Math.round(y) + 0.5);
  }
  context.stroke();
  context.font = `600 11px ${ink.font}`;
  const width = context.measureText(measured.words).width + 12;
  const x = Math.max(box.x, Math.min(box.x + box.width - width, left));
  const y = Math.max(box.y, measured.top - 22);
  context.fillStyle = ink.accent;
  context.fillRect(x, y, width, 18);
  context.fillStyle = ink.paper;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(measured.words, x + 6, y + 9);
}

function drawCursor(
  context: CanvasRenderingContext2D,
  page: Overlay,
  cursor: NonNullable<Overlay["cursor"]>,
  ink: Ink,
): void {
  const { box } = page.time;
  const x = Math.round(xAt(page.time, cursor.time)) + 0.5;
  context.beginPath();
  context.moveTo(x, box.y);
  context.lineTo(x, box.y + box.height);
  context.strokeStyle = ink.accent;
  context.lineWidth = 1;
  context.stroke();
  const height = rowHeight(box, page.rowCount);
  context.font = `${Math.min(11, labelSize(height))}px ${ink.font}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillStyle = ink.text;
  cursor.values.forEach((value, row) => {
    if (!Number.isNaN(value)) context.fillText(microvolts(value), box.x - 6, box.y + (row + 0.5) * height);
  });
  context.font = `500 11px ${ink.font}`;
  const width = context.measureText(cursor.words).width + 12;
  const left = Math.max(box.x, Math.min(box.x + box.width - width, x - width / 2));
  context.fillStyle = ink.accent;
  context.fillRect(left, box.y + box.height + 2, width, 18);
  context.fillStyle = ink.paper;
  context.textAlign = "left";
  context.fillText(cursor.words, left + 6, box.y + box.height + 11);
}

/** A value with a proper minus sign, and decimals only where they matter. */
export function microvolts(value: number): string {
  const size = Math.abs(value);
  const digits = size < 10 ? size.toFixed(1) : size < 1e5 ? size.toFixed(0) : size.toExponential(1);
  return (value < 0 && Number(digits) !== 0 ? "−" : "") + digits;
}
