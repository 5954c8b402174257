import { expect, test } from "vitest";
import { ApiError, type UploadRow } from "../api/client";
import { bytes, sendFile, type Sink } from "./uploads.svelte";

const SLICE = 8 * 2 ** 20;

/** A server that keeps what comes, and fails where told to. */
class Server implements Sink {
  rows: UploadRow[] = [];
  slices: [number, number][] = [];
  failures: Error[] = [];
  unfinished = async () => this.rows;
  start = async (name: string, size: number, folder: string) => ({
    id: "1",
    name,
    folder,
    size,
    received: 0,
    created_at: "",
  });
  send = async (_: string, offset: number, slice: Blob) => {
    const failure = this.failures.shift();
    if (failure) throw failure;
    this.slices.push([offset, slice.size]);
    return offset + slice.size;
  };
  finish = async () => ({ recordings: [], sets: [] });
  drop = async () => {};
}

const file = new File([new Uint8Array(2 * SLICE + 100)], "a.edf");
const atOnce = async (): Promise<void> => {};

test("a file goes in slices", async () => {
  const server = new Server();
  const seen: number[] = [];
  await sendFile(server, file, ({ received }) => seen.push(received), "", atOnce);
  expect(server.slices).toEqual([
    [0, SLICE],
    [SLICE, SLICE],
    [2 * SLICE, 100],
  ]);
  expect(seen).toEqual([0, SLICE, 2 * SLICE, 2 * SLICE + 100]);
});

test("a file that stopped half-way goes on from there", async () => {
  const server = new Server();
  server.rows = [{ id: "7", name: "a.edf", folder: "", size: file.size, received: 2 * SLICE, created_at: "" }];
  const upload = await sendFile(server, file, () => {}, "", atOnce);
  expect(upload.id).toBe("7");
  expect(server.slices).toEqual([[2 * SLICE, 100]]);
});

test("a server that is gone for a moment is asked again", async () => {
  const server = new Server();
  server.failures = [new ApiError(0, "no answer"), new ApiError(503, "busy")];
  await sendFile(server, file, () => {}, "", atOnce);
  expect(server.slices.length).toBe(3);
});

test("a refusal is not tried again", async () => {
  const server = new Server();
  server.failures = [new ApiError(507, "The disk is full.")];
  await expect(sendFile(server, file, () => {}, "", atOnce)).rejects.toThrow("The disk is full.");
  expect(server.slices).toEqual([]);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1500, "2 kB"],
  [43_200_000, "43.2 MB"],
  [5.7e9, "5.7 GB"],
])("%d bytes are read as %s", (count, words) => {
  expect(bytes(count)).toBe(words);
});
