import { expect, test } from "vitest";
import { colours, tinted } from "./overlay";

test("each step of the scale is brighter than the one before", () => {
  const table = colours();
  const brightness = Array.from({ length: 256 }, (_, level) => {
    const [red, green, blue] = table.subarray(level * 3, level * 3 + 3);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
  for (let level = 8; level < 256; level += 8) expect(brightness[level]).toBeGreaterThan(brightness[level - 8]);
});

test("what was not used lets the picture through", () => {
  const values = new Uint8Array([0, 255]);
  const painted = tinted({ x: 0, y: 0, width: 2, height: 1, rows: 1, columns: 2, values });
  expect([painted[3], painted[7]]).toEqual([0, 255]);
});
