// A map of what made a model say a class, drawn over the picture in a colour scale whose steps look equal.

import { request } from "../api/client";

export interface OverlayMap {
  x: number; // where it lies, in pixels of the picture
  y: number;
  width: number;
  height: number;
  rows: number;
  columns: number;
  values: Uint8Array; // 0 to 255
}

/** matplotlib's inferno (by Stéfan van der Walt and Nathaniel Smith, CC0), at 17 equal steps. */
const INFERNO = [
  "000004", "0b0724", "210c4a", "3d0965", "57106e", "71196e", "89226a", "a32c61", "bc3754", "d24644", "e55c30",
  "f1731d", "f98e09", "fcac11", "f9c932", "f2ea69", "fcffa4",
]; // prettier-ignore

/** The colours of 0 to 255, red, green and blue. */
export function colours(): Uint8ClampedArray {
  const anchors = INFERNO.map((code) => [0, 2, 4].map((at) => Number.parseInt(code.slice(at, at + 2), 16)));
  const table = new Uint8ClampedArray(256 * 3);
  for (let level = 0; level < 256; level++) {
    const place = (level / 255) * (anchors.length - 1);
    const first = Math.min(anchors.length - 2, Math.floor(place));
    for (let part = 0; part < 3; part++) {
      const [from, to] = [anchors[first][part], anchors[first + 1][part]];
      table[level * 3 + part] = from + (to - from) * (place - first);
    }
  }
  return table;
}

export function parseMap(buffer: ArrayBuffer): OverlayMap {
  const size = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
  return { ...header, values: new Uint8Array(buffer, 4 + size) };
}

/** The map in colours; what the model did not use lets the picture through. */
export function tinted({ values }: OverlayMap): Uint8ClampedArray<ArrayBuffer> {
  const table = colours();
  const painted = new Uint8ClampedArray(values.length * 4);
  values.forEach((value, index) => {
    for (let part = 0; part < 3; part++) painted[index * 4 + part] = table[value * 3 + part];
    painted[index * 4 + 3] = value;
  });
  return painted;
}

/** Fetch a map, asking again until the job that makes it has ended. */
export async function fetchOverlay(
  picture: string,
  model: string,
  target: string,
  signal: AbortSignal,
): Promise<OverlayMap> {
  const query = new URLSearchParams({ model, target });
  for (let wait = 200; ; wait = Math.min(1000, wait * 1.3)) {
    const answer = await request(`/api/pictures/${picture}/overlay?${query}`, { signal });
    if (answer.status !== 202) return parseMap(await answer.arrayBuffer());
    query.set("job", ((await answer.json()) as { job: string }).job);
    await new Promise((resume) => setTimeout(resume, wait));
    signal.throwIfAborted();
  }
}
