import { expect, test } from "vitest";
import type { Trends } from "../api/trends";
import { COLOURS } from "./colours";
import { amplitudeHeight, amplitudeTop, powerRange, rowsOf, spectrogram } from "./trends";

function trends(change: Partial<Trends> = {}): Trends {
  return {
    seconds: 4,
    width: 2,
    columns: 2,
    sides: ["left", "right"],
    source: "recorded",
    frequencies: [1, 2],
    share: 1,
    power: new Float32Array([0, 10, 20, NaN, 5, 5, 5, 5]),
    amplitude: new Float32Array(8),
    ...change,
  };
}

const colour = (pixels: Uint8ClampedArray, place: number): number[] => [...pixels.subarray(4 * place, 4 * place + 4)];
const shade = (share: number): number[] => [...COLOURS.subarray(3 * share, 3 * share + 3), 255];

test("a spectrogram has low frequencies at the bottom, and nothing where nothing is known", () => {
  const pixels = spectrogram(trends(), 0, [0, 20], 2, 2);
  expect(colour(pixels, 2)).toEqual(shade(0));
  expect(colour(pixels, 0)).toEqual(shade(128));
  expect(colour(pixels, 3)).toEqual(shade(255));
  expect(colour(pixels, 1)).toEqual([0, 0, 0, 0]);
  expect(colour(spectrogram(trends(), 1, [10, 20], 1, 1), 0)).toEqual(shade(0)); // below the range
});

test("columns lie where their time is, though the last one reaches beyond the end", () => {
  const power = new Float32Array([0, 0, 20, 20]);
  const pixels = spectrogram(trends({ seconds: 3, sides: ["all"], power }), 0, [0, 20], 3, 1);
  expect([0, 1, 2].map((x) => colour(pixels, x))).toEqual([shade(0), shade(0), shade(255)]);
});

test("colours rise in lightness all the way", () => {
  const lightness = Array.from({ length: 256 }, (_, place) => {
    const [red, green, blue] = [0, 1, 2].map((part) => (COLOURS[3 * place + part] / 255) ** 2.2);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
  for (let place = 8; place < 256; place += 8) expect(lightness[place]).toBeGreaterThan(lightness[place - 8]);
});

test("the colours reach over all but the extremes, in steps of 5 dB", () => {
  const power = Float32Array.from({ length: 5000 }, (_, index) => (index % 100) / 2 - 10);
  power[7] = 900;
  power.fill(NaN, 4000);
  expect(powerRange(power)).toEqual([-10, 40]);
  expect(powerRange(new Float32Array(10).fill(3))).toEqual([0, 20]);
  expect(powerRange(new Float32Array(10).fill(NaN))).toEqual([0, 30]);
});

test("amplitudes are linear to 10 µV and logarithmic above", () => {
  expect([0, 5, 10, 100, 1000].map((size) => amplitudeHeight(size, 100))).toEqual([0, 0.25, 0.5, 1, 1]);
  expect(amplitudeHeight(Math.sqrt(1000), 100)).toBeCloseTo(0.75);
  expect(amplitudeHeight(100, 1000)).toBeCloseTo(2 / 3);
});

test("the scale ends at 100 µV unless much is larger", () => {
  const amplitude = new Float32Array(200).fill(50);
  for (let column = 0; column < 5; column++) amplitude[2 * column + 1] = 300;
  expect(amplitudeTop(amplitude)).toBe(100);
  amplitude[11] = 300;
  expect(amplitudeTop(amplitude)).toBe(500);
  expect(amplitudeTop(new Float32Array(4).fill(NaN))).toBe(100);
});

test("rows do not overlap, and nothing shown takes no room", () => {
  expect(rowsOf("off", 2)).toEqual({ rows: [], height: 0 });
  const { rows, height } = rowsOf("both", 2);
  expect(rows.map(({ kind, side }) => `${kind} ${side}`)).toEqual(["dsa 0", "dsa 1", "aeeg 0", "aeeg 1"]);
  for (let row = 1; row < rows.length; row++)
    expect(rows[row].y).toBeGreaterThan(rows[row - 1].y + rows[row - 1].height);
  expect(height).toBeGreaterThan(rows[3].y + rows[3].height);
  expect(rowsOf("dsa", 1).rows).toEqual([{ kind: "dsa", side: 0, y: 4, height: 38 }]);
});
