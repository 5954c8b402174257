import { afterEach, expect, test, vi } from "vitest";
import { followTrends, parseTrends, type Trends } from "./trends";

function packed(share: number): ArrayBuffer {
  const header = { seconds: 2, width: 1, columns: 2, sides: ["all"], source: "recorded", frequencies: [1], share };
  let text = JSON.stringify(header);
  text += " ".repeat((4 - (text.length % 4)) % 4);
  const buffer = new ArrayBuffer(4 + text.length + 24);
  new DataView(buffer).setUint32(0, text.length, true);
  new Uint8Array(buffer).set(new TextEncoder().encode(text), 4);
  new Float32Array(buffer, 4 + text.length).set([1, 2, 3, 4, 5, NaN]);
  return buffer;
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("trends are read without copying their values", () => {
  const buffer = packed(1);
  const trends = parseTrends(buffer);
  expect(trends).toMatchObject({ columns: 2, sides: ["all"], share: 1 });
  expect([...trends.power]).toEqual([1, 2]);
  expect([...trends.amplitude]).toEqual([3, 4, 5, NaN]);
  expect(trends.power.buffer).toBe(buffer);
});

test("they are asked for again until they are whole", async () => {
  vi.useFakeTimers();
  const answers = [new Response("{}", { status: 202 }), new Response(packed(0.5)), new Response(packed(1))];
  const asked = vi.fn(async () => answers.shift()!);
  vi.stubGlobal("fetch", asked);
  const grown: Trends[] = [];
  const following = followTrends("a", 256, new AbortController().signal, (trends) => grown.push(trends));
  await vi.runAllTimersAsync();
  await following;
  expect(grown.map(({ share }) => share)).toEqual([0.5, 1]);
  expect(asked).toHaveBeenCalledTimes(3);
  expect(asked.mock.calls[0]).toEqual(["/api/recordings/a/trends?columns=256", expect.anything()]);
});
