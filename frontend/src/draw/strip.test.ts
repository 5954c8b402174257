import { expect, test } from "vitest";
import { columnsOf, typicalSize } from "./strip";

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

test("a few wild values do not flatten the envelope", () => {
  const values = new Float32Array(1000).fill(10);
  values[3] = 1e5;
  expect(typicalSize(values)).toBe(10);
  expect(typicalSize(new Float32Array([NaN]))).toBe(0);
});
