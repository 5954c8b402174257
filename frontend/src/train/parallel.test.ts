import { expect, it } from "vitest";
import { parallel } from "./parallel";

const TRIALS = [
  { trial: 1, value: 0.7, parameters: { rate: 1e-4, network: "a" } },
  { trial: 2, value: 0.9, parameters: { rate: 1e-2, network: "b" } },
  { trial: 3, value: null, parameters: { rate: 1e-3, network: "a" } },
];

it("places numbers by their logarithm where they span much, and names side by side", () => {
  const { axes, lines } = parallel(TRIALS, "AUROC");
  expect(axes.map(({ key }) => key)).toEqual(["rate", "network", "AUROC"]);
  expect(lines.map(({ at }) => +at[0].toFixed(3))).toEqual([0, 1, 0.5]);
  expect(lines.map(({ at }) => at[1])).toEqual([0, 1, 0]);
  expect(lines.map(({ at }) => at[2])).toEqual([0, 1, 0]);
  expect(axes[0].ticks.map(({ words }) => words)).toEqual(["0.0001", "0.001", "0.01"]);
});

it("draws one value in the middle", () => {
  const { axes, lines } = parallel([TRIALS[0]], "AUROC");
  expect(lines[0].at).toEqual([0.5, 0.5, 0.5]);
  expect(axes[0].ticks).toHaveLength(1);
});
