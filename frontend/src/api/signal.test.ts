import { expect, test } from "vitest";
import { parseSignal } from "./signal";

function packed(header: object, values: number[]): ArrayBuffer {
  let text = JSON.stringify(header);
  text += " ".repeat((4 - (new TextEncoder().encode(text).length % 4)) % 4);
  const bytes = new TextEncoder().encode(text);
  const buffer = new ArrayBuffer(4 + bytes.length + 4 * values.length);
  new DataView(buffer).setUint32(0, bytes.length, true);
  new Uint8Array(buffer).set(bytes, 4);
  new Float32Array(buffer, 4 + bytes.length).set(values);
  return buffer;
}

const header = { start: 3, seconds: 2, mode: "samples", rate: 1, columns: null, gaps: [[4, 5]] };

test("a page is read without copying its values", () => {
  const buffer = packed(
    {
      ...header,
      channels: [
        { label: "Fp1-µ", side: "left" },
        { label: "b", side: "other" },
      ],
    },
    [1, 2, 3, NaN],
  );
  const page = parseSignal(buffer);
  expect(page).toMatchObject({ start: 3, seconds: 2, mode: "samples", rate: 1, length: 2, gaps: [[4, 5]] });
  expect([...page.values]).toEqual([1, 2, 3, NaN]);
  expect(page.values.buffer).toBe(buffer);
});

test("a page without channels has no values", () => {
  expect(parseSignal(packed({ ...header, channels: [] }, [])).length).toBe(0);
});
