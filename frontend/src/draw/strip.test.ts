import { expect, test } from "vitest";
import type { Ink } from "./ink";
import type { Band } from "./overlay";
import { columnsOf, drawTicks, typicalSize } from "./strip";

const scale = { start: 0, seconds: 100, box: { x: 0, y: 0, width: 10, height: 1 } };

test("each column shows the largest probability within it", () => {
  const values = new Float32Array(100);
  values[42] = 0.9;
  const columns = columnsOf({ first: 0.5, hop: 1, values }, scale);
  expect(columns[4]).toBeCloseTo(0.9);
  expect(columns.filter((value) => value > 0).length).toBe(1);
});

test("what was not computed yet, and what lies in a gap, stays empty", () => {
  const columns = columnsOf({ first: 0.5, hop: 1, values: new Float32Array(50).fill(0.5).fill(NaN, 0, 10) }, scale);
  expect([...columns].map((value) => value >= 0)).toEqual([false, ...Array(4).fill(true), ...Array(5).fill(false)]);
});

test("windows wider than a column fill the columns they stand for", () => {
  expect([...columnsOf({ first: 25, hop: 50, values: new Float32Array([0.25, 0.75]) }, scale)]).toEqual([
    ...Array(5).fill(0.25),
    ...Array(5).fill(0.75),
  ]);
});

test("of thousands of events only those are drawn that add something, each kind for itself", () => {
  const filled: [string, number][] = [];
  const context = {
    fillStyle: "",
    fillRect: (x: number) => filled.push([context.fillStyle, x]),
    strokeRect: () => filled.push(["selected", 0]),
  };
  const band = (onset: number, more: Partial<Band>): Band => ({ onset, duration: 0, words: "", by: "model", status: "accepted", selected: false, rows: [], ...more });
  const many = Array.from({ length: 5000 }, (_, index) => band(50 + index / 1e4, {}));
  const strip = { time: scale, bands: [...many, band(51, { by: "person" }), band(51, { selected: true }), band(90, {})] };
  drawTicks(context as unknown as CanvasRenderingContext2D, strip, { model: "m", person: "p" } as Ink);
  expect(filled).toEqual([["m", 5], ["p", 5.1], ["m", 5.1], ["selected", 0], ["m", 9]]);
}); // prettier-ignore

test("a few wild values do not flatten the envelope", () => {
  const values = new Float32Array(1000).fill(10);
  values[3] = 1e5;
  expect(typicalSize(values)).toBe(10);
  expect(typicalSize(new Float32Array([NaN]))).toBe(0);
});
