import { expect, test } from "vitest";
import { type Derivation, parseMontage, writeMontage } from "./montage";

test("a channel is a pair, an electrode, or a sum with a name", () => {
  expect(parseMontage("Fp1-F7\n\n Cz \nleft: 0.5*F7 + .5*T7 − Cz\nGRID 1 - GRID 2\nECG: ECG")).toEqual([
    ["Fp1-F7", { Fp1: 1, F7: -1 }],
    ["Cz", { Cz: 1 }],
    ["left", { F7: 0.5, T7: 0.5, Cz: -1 }],
    ["GRID 1 - GRID 2", { "GRID 1": 1, "GRID 2": -1 }],
    ["ECG", { ECG: 1 }],
  ]);
});

test("Avg is the mean of all that are written against it", () => {
  const [[, weights], , , [, pair]] = parseMontage("Fz-Avg\nCz-avg\nPz-Avg\nC3-C4");
  expect(weights.Fz).toBeCloseTo(2 / 3);
  expect(weights.Cz).toBeCloseTo(-1 / 3);
  expect(weights.Pz).toBeCloseTo(-1 / 3);
  expect(pair).toEqual({ C3: 1, C4: -1 });
});

test.each([
  ["Fp1-F7\nFp1--F7", "Line 2"],
  ["Fp1-", "Line 1"],
  [": Fp1", "Line 1"],
  ["a:", "Line 1"],
  ["2*", "Line 1"],
  ["x: 0.5*Avg - Cz", "a mean only in Electrode-Avg"],
])("what is no channel is said with its line: %s", (text, words) => {
  expect(() => parseMontage(text)).toThrow(words);
});

test("what is kept is written as it was, and read again as the same", () => {
  const text = "Fp1-F7\nCz\nfront: 0.5*Fp1 + 0.5*Fp2 - Cz\nother name: F3-C3\nFz-Avg\nPz-Avg\nOz-Avg";
  const kept = parseMontage(text);
  expect(writeMontage(kept)).toBe(text);
  const laplacian: Derivation[] = [["C3-Lap", { C3: 1, F3: -0.25, P3: -0.25, T7: -0.25, Cz: -0.25 }]];
  expect(writeMontage(laplacian)).toBe("C3-Lap: C3 - 0.25*F3 - 0.25*P3 - 0.25*T7 - 0.25*Cz");
  expect(parseMontage(writeMontage(laplacian))).toEqual(laplacian);
  const negative: Derivation[] = [["turned", { Cz: -1, Pz: 0.3 }]];
  expect(parseMontage(writeMontage(negative))).toEqual([["turned", { Pz: 0.3, Cz: -1 }]]);
});
