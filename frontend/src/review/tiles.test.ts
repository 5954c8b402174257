import { expect, test } from "vitest";
import type { SignalPage } from "../api/signal";
import { type Look, type Reader, Tiles } from "./tiles";

const look: Look = { montage: "average", highPass: 0.5, lowPass: 70, notch: null, seconds: 10, pixels: 1000 };
const page = (start: number, seconds: number): SignalPage =>
  ({ start, seconds, values: new Float32Array(4), length: 4 }) as unknown as SignalPage;

/** A server that answers when told to, and writes down what it was asked. */
class Server {
  asked: number[] = [];
  givenUp: number[] = [];
  #waiting = new Map<number, (answer: SignalPage | Error) => void>();
  read: Reader = (_look, start, seconds, signal) =>
    new Promise((give, fail) => {
      this.asked.push(start);
      this.#waiting.set(start, (answer) => (answer instanceof Error ? fail(answer) : give({ ...answer, seconds })));
      signal.addEventListener("abort", () => (this.givenUp.push(start), fail(signal.reason)));
    });
  async answer(start: number, answer: SignalPage | Error = page(start, 10)): Promise<void> {
    this.#waiting.get(start)!(answer);
    await new Promise((soon) => setTimeout(soon));
  }
}

function opened(duration = 3600) {
  const server = new Server();
  let arrivals = 0;
  const tiles = new Tiles(server.read, duration, () => arrivals++);
  return { server, tiles, arrivals: () => arrivals };
}

test("a jump fetches one page, then the two of the grid on which the screen lies", async () => {
  const { server, tiles } = opened();
  tiles.want(look, 43);
  expect(server.asked).toEqual([43]);
  await server.answer(43);
  expect(tiles.at(look, 43).map(({ start }) => start)).toEqual([43]);
  for (const start of [40, 50]) {
    tiles.want(look, 43);
    await server.answer(start);
  }
  expect(tiles.at(look, 43).map(({ start }) => start)).toEqual([43]); // what is drawn need not be drawn again
  expect(tiles.at(look, 44).map(({ start }) => start)).toEqual([40, 50]);
});

test("moving on by a second needs only what the page beside has", async () => {
  const { server, tiles } = opened();
  tiles.want(look, 20);
  await server.answer(20);
  tiles.want(look, 21);
  expect(server.asked).toEqual([20, 30]);
});

test("neighbours are fetched once the screen is there, the next page first", async () => {
  const { server, tiles } = opened();
  tiles.want(look, 20);
  await server.answer(20);
  expect(tiles.covers(look, 20)).toBe(true);
  for (const next of [30, 10, 500, 40]) {
    tiles.want(look, 20, [500]);
    await server.answer(next);
  }
  expect(server.asked).toEqual([20, 30, 10, 500, 40]);
  tiles.want(look, 20, [500]);
  expect(server.asked.length).toBe(5);
});

test("what is coming for another screen is given up", () => {
  const { server, tiles } = opened();
  tiles.want(look, 0);
  tiles.want(look, 1000);
  expect(server.givenUp).toEqual([0]);
});

test("nothing is asked for outside the recording, and the last page is short", async () => {
  const { server, tiles } = opened(25);
  for (const start of [15, 10, 20, 0]) {
    tiles.want(look, 15);
    await server.answer(start);
  }
  tiles.want(look, 15);
  expect(server.asked).toEqual([15, 10, 20, 0]);
  expect(tiles.at(look, 14).map(({ seconds }) => seconds)).toEqual([10, 5]);
});

test("another look is another page", async () => {
  const { server, tiles } = opened();
  tiles.want(look, 0);
  await server.answer(0);
  expect(tiles.at({ ...look, notch: 50 }, 0)).toEqual([]);
  expect(tiles.at(look, 0).length).toBe(1);
});

test("what failed is said, and not asked for again until one tries", async () => {
  const { server, tiles, arrivals } = opened();
  tiles.want(look, 0);
  await server.answer(0, new Error("the file is gone"));
  expect(arrivals()).toBe(1);
  expect(tiles.fault(look, 0)?.message).toBe("the file is gone");
  tiles.want(look, 0);
  expect(server.asked).toEqual([0]);
  tiles.retry();
  tiles.want(look, 0);
  expect(server.asked).toEqual([0, 0]);
});

test("memory is bounded: what was used longest ago goes first", async () => {
  const { server, tiles } = opened();
  const large = (start: number) => ({ ...page(start, 10), values: new Float32Array(10 * 2 ** 20) }) as SignalPage;
  for (const start of [0, 100, 200]) {
    tiles.want(look, start);
    await server.answer(start, large(start));
  }
  expect([0, 100, 200].map((start) => tiles.covers(look, start))).toEqual([false, true, true]);
});
