import { expect, test } from "vitest";
import { type Frame, paint, parseFrame, presets, valueAt } from "./pixels";

const described = {
  width: 2,
  height: 1,
  channels: 1 as const,
  frame: 0,
  frames: 1,
  unit: "",
  window: null,
  inverted: false,
  range: [0, 255] as const,
};
const frame = (values: Frame["values"], more: Partial<Frame> = {}): Frame => ({ ...described, values, ...more });
const greys = (painted: Uint8ClampedArray): number[] => [...painted].filter((_, index) => index % 4 === 0);

test("a frame is read with the type that its header names", () => {
  const header = new TextEncoder().encode(JSON.stringify({ ...described, type: "int16" }).padEnd(200));
  const buffer = new ArrayBuffer(4 + 200 + 4);
  new DataView(buffer).setUint32(0, 200, true);
  new Uint8Array(buffer).set(header, 4);
  new Int16Array(buffer, 204).set([-1000, 40]);
  expect([...parseFrame(buffer).values]).toEqual([-1000, 40]);
  expect(valueAt(parseFrame(buffer), 1.9, 0.5)).toEqual([40]);
  expect(valueAt(parseFrame(buffer), 2, 0)).toBeNull();
});

test("a window makes black and white, and the other way round", () => {
  const ct = frame(new Int16Array([-1000, 40, 240, 3000]), { width: 4 });
  expect(greys(paint(ct, [-160, 240], false))).toEqual([0, 128, 255, 255]);
  expect(greys(paint(ct, [-160, 240], true))).toEqual([255, 128, 0, 0]);
});

test("what was not recorded is black, and so is all where a window has no width", () => {
  expect(greys(paint(frame(new Float32Array([NaN, 2])), [0, 2], true))).toEqual([0, 0]);
  expect(greys(paint(frame(new Float32Array([NaN, 2])), [0, 2], false))).toEqual([0, 255]);
  expect(greys(paint(frame(new Uint8Array([1, 9])), [5, 5], false))).toEqual([0, 0]);
});

test("colours keep their channels", () => {
  const colours = frame(new Uint8Array([255, 0, 0, 255, 10, 20]), { channels: 3 });
  expect([...paint(colours, [0, 255], false)]).toEqual([255, 0, 10, 255, 0, 255, 20, 255]);
});

test("windows in HU are offered where the values are in HU", () => {
  expect(presets(frame(new Uint8Array(2))).map(({ value }) => value)).toEqual(["file", "range"]);
  const lung = presets(frame(new Int16Array(2), { unit: "HU" })).find(({ value }) => value === "lung");
  expect(lung?.window).toEqual([-1350, 150]);
});
