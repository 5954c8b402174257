import { expect, test } from "vitest";
import { multiples, PIXELS_PER_MM, roundSize, steps, timeAt, xAt } from "./scale";

test("a time and its place follow from each other", () => {
  const scale = { start: 30, seconds: 10, box: { x: 100, y: 0, width: 900, height: 1 } };
  expect(xAt(scale, 35)).toBe(550);
  expect(timeAt(scale, xAt(scale, 37.5))).toBeCloseTo(37.5);
});

test("a millimetre is that of CSS", () => {
  expect(25.4 * PIXELS_PER_MM).toBe(96);
});

test.each([
  [10, 900, { major: 1, minor: 0.2 }],
  [60, 900, { major: 5, minor: 1 }],
  [86400, 900, { major: 7200, minor: 1800 }],
])("labels of %d s in %d pixels do not touch", (seconds, width, wanted) => {
  expect(steps(seconds, width, 64)).toEqual(wanted);
});

test("grid lines stand on round times", () => {
  expect([...multiples(5, 12.5, 25)]).toEqual([15, 20, 25]);
});

test.each([
  [64, 50],
  [50, 50],
  [19.9, 10],
  [0.3, 0.2],
])("a scale bar of at most %d is %d", (most, size) => {
  expect(roundSize(most)).toBeCloseTo(size);
});
