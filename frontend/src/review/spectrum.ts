// A spectrum as a curve: power in decibels, the mean of its channels.

import type { Spectrum } from "../api/client";

/** Mean power of the channels at each frequency up to the highest; nothing of channels with gaps. */
function means({ frequency, density }: Spectrum, highest: number): [frequency: number, power: number][] {
  const whole = density.filter((row): row is number[] => row.every((value) => value !== null));
  if (!whole.length) return [];
  const mean = (index: number): number => whole.reduce((sum, row) => sum + row[index], 0) / whole.length;
  return frequency
    .map((hertz, index): [number, number] => [hertz, mean(index)])
    .filter(([hertz]) => hertz <= highest);
}

/** The frequency of most power; null where there is none. */
export function peak(spectrum: Spectrum, highest: number): number | null {
  const points = means(spectrum, highest);
  return points.length ? points.reduce((most, point) => (point[1] > most[1] ? point : most))[0] : null;
}

/** The path of an SVG: 40 dB from bottom to top, the strongest at the top. */
export function curve(spectrum: Spectrum, highest: number, width: number, height: number): string {
  const points = means(spectrum, highest);
  const decibels = points.map(([, power]) => 10 * Math.log10(Math.max(power, 1e-12)));
  const top = Math.max(...decibels);
  return points
    .map(([hertz], index) => {
      const y = Math.min(height, ((top - decibels[index]) / 40) * height);
      return `${index ? "L" : "M"}${((hertz / highest) * width).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}
