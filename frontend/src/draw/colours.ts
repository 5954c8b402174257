// From a share to a colour, in steps that look equally large: viridis (Smith and van der Walt, for matplotlib, 2015),
// which rises in lightness all the way, so that it reads without colour, too, and on light and dark paper.

const ANCHORS = [
  "440154", "48186a", "472d7b", "424086", "3b528b", "33638d", "2c728e", "26828e", "21918c", "1fa088", "28ae80",
  "3fbc73", "5ec962", "84d44b", "addc30", "d8e219", "fde725",
].map((hex) => [0, 2, 4].map((place) => parseInt(hex.slice(place, place + 2), 16))); // prettier-ignore

/** Red, green and blue of 256 shares from 0 to 1, after one another. */
export const COLOURS = Uint8ClampedArray.from({ length: 3 * 256 }, (_, index) => {
  const place = (Math.floor(index / 3) / 255) * (ANCHORS.length - 1);
  const below = Math.min(Math.floor(place), ANCHORS.length - 2);
  const [from, to] = [ANCHORS[below][index % 3], ANCHORS[below + 1][index % 3]];
  return from + (place - below) * (to - from);
});

/** The colour of a share as style sheets write it. */
export function colourAt(share: number): string {
  const place = 3 * Math.round(255 * share);
  return `rgb(${COLOURS[place]} ${COLOURS[place + 1]} ${COLOURS[place + 2]})`;
}
