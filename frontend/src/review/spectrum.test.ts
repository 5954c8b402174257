import { expect, test } from "vitest";
import { curve, peak } from "./spectrum";

const spectrum = {
  frequency: [5, 10, 20, 50],
  density: [
    [1, 100, 1, 1000],
    [3, 300, 1, 1000],
    [null, null, null, null],
  ],
  channels: ["a", "b", "c"],
};

test("the strongest frequency below the highest that is shown, of channels without gaps", () => {
  expect(peak(spectrum, 30)).toBe(10);
  expect(peak(spectrum, 60)).toBe(50);
  expect(peak({ ...spectrum, density: [spectrum.density[2]] }, 30)).toBeNull();
});

test("decibels fall from the strongest at the top, forty from top to bottom", () => {
  expect(curve(spectrum, 30, 300, 80)).toBe("M50.0 40.0L100.0 0.0L200.0 46.0");
});
