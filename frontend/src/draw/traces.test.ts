import { expect, test } from "vitest";
import type { SignalPage } from "../api/signal";
import type { Ink } from "./ink";
import { drawTraces, type TracePage, valuesAt } from "./traces";

const ink = { side: { left: "blue", right: "red", midline: "black", other: "grey" } } as Ink;
const channels: SignalPage["channels"] = [
  { label: "F3-C3", side: "left" },
  { label: "F4-C4", side: "right" },
];

function page(start: number, values: number[][], mode: SignalPage["mode"] = "samples", rate = 1): SignalPage {
  const length = values[0].length;
  const seconds = mode === "samples" ? length / rate : length / 2 / rate;
  return {
    start,
    seconds,
    channels,
    mode,
    rate,
    columns: null,
    gaps: [],
    values: new Float32Array(values.flat()),
    length,
  };
}

function scene(pages: SignalPage[], start: number, seconds: number): TracePage {
  const time = { start, seconds, box: { x: 100, y: 0, width: 100, height: 200 } };
  return {
    time,
    gains: new Map(),
    pages,
    channels,
    rows: [0, 1],
    pixelsPerMicrovolt: 1, positiveUp: false,
    fitted: new Set(),
    gaps: [],
    duration: 100,
    label: String,
  };
}

/** Records what a canvas is told: a path for each stroke, as moves (M) and lines (L). */
class Canvas {
  strokes: { colour: string; path: [string, number, number][] }[] = [];
  strokeStyle = "";
  lineWidth = 0;
  lineJoin = "";
  #path: [string, number, number][] = [];
  beginPath = () => (this.#path = []);
  moveTo = (x: number, y: number) => this.#path.push(["M", x, y]);
  lineTo = (x: number, y: number) => this.#path.push(["L", x, y]);
  stroke = () => this.strokes.push({ colour: this.strokeStyle, path: this.#path });
}

function drawn(shown: TracePage): Canvas["strokes"] {
  globalThis.window = { devicePixelRatio: 1 } as typeof globalThis.window;
  const canvas = new Canvas();
  drawTraces(canvas as unknown as CanvasRenderingContext2D, shown, ink);
  return canvas.strokes;
}

test("each channel is one path in the colour of its side", () => {
  const strokes = drawn(
    scene(
      [
        page(0, [
          [0, 0, 0],
          [0, 0, 0],
        ]),
      ],
      0,
      3,
    ),
  );
  expect(strokes.map(({ colour }) => colour)).toEqual(["blue", "red"]);
  expect(strokes.map(({ path }) => path.length)).toEqual([3, 3]);
});

test("negative is up", () => {
  const [{ path }] = drawn(
    scene(
      [
        page(0, [
          [0, -20, 20],
          [0, 0, 0],
        ]),
      ],
      0,
      3,
    ),
  );
  expect(path.map(([, , y]) => y)).toEqual([50, 30, 70]); // the first of two rows of 100 pixels
});

test("samples stand at their times", () => {
  const [{ path }] = drawn(
    scene(
      [
        page(0, [
          [0, 0, 0, 0],
          [0, 0, 0, 0],
        ]),
      ],
      1,
      2,
    ),
  );
  expect(path.map(([, x]) => x)).toEqual([50, 100, 150, 200]); // 50 pixels a second, the window begins at second 1
});

test("a line breaks at a gap", () => {
  const [{ path }] = drawn(
    scene(
      [
        page(0, [
          [1, NaN, NaN, 1],
          [0, 0, 0, 0],
        ]),
      ],
      0,
      4,
    ),
  );
  expect(path.map(([kind]) => kind)).toEqual(["M", "M"]);
});

test("a line goes on from one page to the next", () => {
  const [{ path }] = drawn(
    scene(
      [
        page(0, [
          [1, 1],
          [0, 0],
        ]),
        page(2, [
          [1, 1],
          [0, 0],
        ]),
      ],
      0,
      4,
    ),
  );
  expect(path.map(([kind]) => kind)).toEqual(["M", "L", "L", "L"]);
  expect(path.map(([, x]) => x)).toEqual([100, 125, 150, 175]);
});

test("of a long page only what is seen is drawn", () => {
  const [{ path }] = drawn(scene([page(0, [Array(1000).fill(0), Array(1000).fill(0)])], 500, 10));
  expect(path.length).toBeLessThan(16);
});

test("pairs of minimum and maximum are drawn from one to the other", () => {
  const [{ path }] = drawn(
    scene(
      [
        page(
          0,
          [
            [-5, 5, -1, 1],
            [0, 0, 0, 0],
          ],
          "minmax",
        ),
      ],
      0,
      2,
    ),
  );
  expect(path.map(([, , y]) => y)).toEqual([45, 55, 49, 51]);
});

test("what lies far outside is cut, not drawn", () => {
  const [{ path }] = drawn(
    scene(
      [
        page(0, [
          [1e6, -1e6],
          [0, 0],
        ]),
      ],
      0,
      2,
    ),
  );
  expect(path.map(([, , y]) => y)).toEqual([400, -200]);
});

test("a channel that is no voltage fills its row, more being up", () => {
  const shown = scene(
    [
      page(0, [
        [36.5, 37.5],
        [0, 0],
      ]),
    ],
    0,
    2,
  );
  const [{ path }] = drawn({ ...shown, fitted: new Set([0]) });
  expect(path.map(([, , y]) => y)).toEqual([90, 10]);
});

test("a channel that is no voltage and never changes lies in the middle", () => {
  const shown = scene(
    [
      page(0, [
        [36.5, 36.5],
        [0, 0],
      ]),
    ],
    0,
    2,
  );
  const [{ path }] = drawn({ ...shown, fitted: new Set([0]) });
  expect(path.map(([, , y]) => y)).toEqual([50, 50]);
});

test("the cursor reads the sample under it", () => {
  const shown = scene(
    [
      page(0, [
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ],
    0,
    3,
  );
  expect(valuesAt(shown, 1.1)).toEqual([2, 5]);
  expect(valuesAt(shown, 50)).toEqual([NaN, NaN]);
});
