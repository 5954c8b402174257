// Parallel coordinates: one upright axis for each key and one for what came of it, one line for each trial.

export interface Trial {
  trial: number;
  value: number | null;
  parameters: Record<string, unknown>;
}

export interface Axis {
  key: string;
  ticks: { at: number; words: string }[]; // 0 below, 1 above
}

export interface Line {
  trial: number;
  value: number | null;
  at: number[]; // on each axis
}

const short = (value: number): string => String(+value.toPrecision(3));

/** The axes of some trials and the line of each; the last axis is the objective's. Values of one sign that span more
 *  than a factor of 30 lie by their logarithm. */
export function parallel(trials: readonly Trial[], objective: string): { axes: Axis[]; lines: Line[] } {
  const keys = [...new Set(trials.flatMap(({ parameters }) => Object.keys(parameters)))];
  const columns = keys.map((key) => placed(trials.map(({ parameters }) => parameters[key])));
  const scored = placed(trials.map(({ value }) => value));
  const axes = [...keys, objective].map((key, place) => ({ key, ticks: [...columns, scored][place].ticks }));
  const lines = trials.map(({ trial, value }, row) => ({
    trial,
    value,
    at: [...columns.map(({ at }) => at[row]), value === null ? 0 : scored.at[row]],
  }));
  return { axes, lines };
}

function placed(values: unknown[]): { at: number[]; ticks: Axis["ticks"] } {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (known.length && known.every((value) => typeof value === "number")) return numbers(values as (number | null)[]);
  const names = [...new Set(known.map(String))].sort();
  const place = (name: string): number => (names.length < 2 ? 0.5 : names.indexOf(name) / (names.length - 1));
  return { at: values.map((value) => place(String(value))), ticks: names.map((words) => ({ at: place(words), words })) };
}

function numbers(values: (number | null)[]): { at: number[]; ticks: Axis["ticks"] } {
  const known = values.filter((value): value is number => value != null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const byLog = low > 0 && high / low > 30;
  const scale = (value: number): number => (byLog ? Math.log(value) : value);
  const place = (value: number): number => (high > low ? (scale(value) - scale(low)) / (scale(high) - scale(low)) : 0.5);
  const middle = byLog ? Math.sqrt(low * high) : (low + high) / 2;
  const marks = high > low ? [low, middle, high] : [low];
  return { at: values.map((value) => (value == null ? 0 : place(value))), ticks: marks.map((mark) => ({ at: place(mark), words: short(mark) })) };
}
