// The trends of a recording as the server sends them: a length, a JSON header, then little-endian float32 values.

import { request } from "./client";

export interface Trends {
  seconds: number; // of the recording
  width: number; // seconds of a column
  columns: number;
  sides: ("left" | "right" | "all")[];
  source: string; // the montage they were made of, or "recorded"
  frequencies: number[]; // Hz, of the bins
  share: number; // that is built
  power: Float32Array; // dB over 1 µV²/Hz; sides × columns × bins; NaN in gaps and where nothing is built yet
  amplitude: Float32Array; // µV; sides × columns × smallest and largest
}

/** Read trends without copying their values. */
export function parseTrends(buffer: ArrayBuffer): Trends {
  const size = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
  const count = header.sides.length * header.columns * header.frequencies.length;
  const values = new Float32Array(buffer, 4 + size);
  return { ...header, power: values.subarray(0, count), amplitude: values.subarray(count) };
}

/** Fetch trends, and again and again while they grow; each time what is there is given to `grown`. */
export async function followTrends(
  id: string,
  columns: number,
  signal: AbortSignal,
  grown: (trends: Trends) => void,
): Promise<void> {
  for (let wait = 300; ; wait = Math.min(2000, wait * 1.5)) {
    const answer = await request(`/api/recordings/${id}/trends?columns=${columns}`, { signal });
    if (answer.status !== 202) {
      const trends = parseTrends(await answer.arrayBuffer());
      signal.throwIfAborted();
      grown(trends);
      if (trends.share >= 1) return;
    }
    await new Promise((resume) => setTimeout(resume, wait));
    signal.throwIfAborted();
  }
}
