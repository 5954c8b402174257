// A picture's values as the server sends them, and how a window makes black and white of them: done here, so that it
// can be moved without asking again.

import { request } from "../api/client";

export type Window = readonly [low: number, high: number];

export interface Frame {
  width: number;
  height: number;
  channels: 1 | 3;
  frame: number;
  frames: number;
  unit: string;
  window: Window | null; // black and white as the file says
  inverted: boolean; // low values are white
  range: Window; // lowest and highest value
  values: Uint8Array | Uint16Array | Int16Array | Float32Array; // channel after channel; NaN where nothing was recorded
}

const TYPES = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, float32: Float32Array };

/** Read a frame without copying its values. */
export function parseFrame(buffer: ArrayBuffer): Frame {
  const size = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
  return { ...header, values: new TYPES[header.type as keyof typeof TYPES](buffer, 4 + size) };
}

/** Fetch a frame of a picture. */
export async function fetchFrame(id: string, frame: number, signal?: AbortSignal): Promise<Frame> {
  const answer = await request(`/api/pictures/${id}/pixels?frame=${frame}`, { signal });
  return parseFrame(await answer.arrayBuffer());
}

/** The levels, 0 to 255, of whole numbers from `first` on. */
function levels(first: number, count: number, [low, high]: Window, inverted: boolean): Uint8ClampedArray {
  const table = new Uint8ClampedArray(count);
  for (let index = 0; index < count; index++) table[index] = level(first + index, low, high, inverted);
  return table;
}

function level(value: number, low: number, high: number, inverted: boolean): number {
  if (Number.isNaN(value)) return 0;
  const share = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0;
  return 255 * (inverted ? 1 - share : share);
}

/** The colours of a frame seen through a window, as ImageData holds them. */
export function paint(frame: Frame, window: Window, inverted: boolean): Uint8ClampedArray<ArrayBuffer> {
  const { values, channels } = frame;
  const count = frame.width * frame.height;
  const painted = new Uint8ClampedArray(count * 4);
  const first = values instanceof Int16Array ? -32768 : 0;
  const size = values instanceof Uint8Array ? 256 : 65536;
  const table = values instanceof Float32Array ? null : levels(first, size, window, inverted);
  const [low, high] = window;
  for (let channel = 0; channel < 3; channel++) {
    const from = channels === 3 ? channel * count : 0;
    for (let index = 0, at = channel; index < count; index++, at += 4) {
      const value = values[from + index];
      painted[at] = table ? table[value - first] : level(value, low, high, inverted);
    }
  }
  for (let at = 3; at < painted.length; at += 4) painted[at] = 255;
  return painted;
}

/** The value at a place, or those of its three channels. */
export function valueAt(frame: Frame, x: number, y: number): number[] | null {
  if (x < 0 || y < 0 || x >= frame.width || y >= frame.height) return null;
  const [at, count] = [Math.floor(y) * frame.width + Math.floor(x), frame.width * frame.height];
  return Array.from({ length: frame.channels }, (_, channel) => frame.values[channel * count + at]);
}

export interface Preset {
  value: string;
  words: string;
  window: Window;
}

/** Usual windows of computed tomography, in HU: centre and width. */
const CT: [string, string, number, number][] = [
  ["brain", "Brain", 40, 80],
  ["soft", "Soft tissue", 40, 400],
  ["lung", "Lung", -600, 1500],
  ["bone", "Bone", 400, 1800],
];

/** The windows that one may choose from. */
export function presets(frame: Frame): Preset[] {
  const list: Preset[] = [
    { value: "file", words: "As in the file", window: frame.window ?? frame.range },
    { value: "range", words: "Full range", window: frame.range },
  ];
  if (frame.unit === "HU")
    for (const [value, words, centre, width] of CT)
      list.push({ value, words, window: [centre - width / 2, centre + width / 2] });
  return list;
}
