import { expect, test } from "vitest";
import { clock, day, elapsed, parseClock, parseElapsed } from "./time";

test.each([
  [0, 0, "0:00"],
  [596, 0, "9:56"],
  [3600, 0, "1:00:00"],
  [59.996, 2, "1:00.00"],
  [904.05, 2, "15:04.05"],
  [100000, 0, "27:46:40"],
])("%d s with %d decimals read %s", (seconds, decimals, words) => expect(elapsed(seconds, decimals)).toBe(words));

test.each([
  ["90", 90],
  ["1:30", 90],
  ["1:01:30", 3690],
  ["1:30,5", 90.5],
  ["nine", null],
  ["1:2:3:4", null],
])("%s is %d s", (text, seconds) => expect(parseElapsed(text)).toBe(seconds));

test("the clock is shown as the file has it, past midnight too", () => {
  expect(clock("2001-01-01T23:59:30", 45)).toBe("00:00:15");
  expect(clock("2001-01-01T13:00:00.250000", 0.5, 2)).toBe("13:00:00.75");
  expect(day("2001-01-01T23:59:30")).toBe("2001-01-01");
});

test("a time of day is found, after midnight too", () => {
  expect(parseClock("2001-01-01T23:00:00", "23:10")).toBe(600);
  expect(parseClock("2001-01-01T23:00:00", "00:00:30")).toBe(3630);
  expect(parseClock("2001-01-01T23:00:00", "soon")).toBeNull();
});
