// Montages as people write them, a channel a line, and as they are kept: labels, and of each the weights of electrodes.
//
//     Fp1-F7                       one electrode against another
//     Cz                           as recorded
//     Cz-Avg                       against the mean of all that are written against Avg
//     left: 0.5*F7 + 0.5*T7 - Cz   any sum, with a name

export type Weights = Record<string, number>;
export type Derivation = [label: string, weights: Weights];

/** A montage as its file has it. */
export interface Montage {
  name: string;
  derivations: Derivation[];
}

const TERM = /^\s*([+-]?)\s*(?:(\d*\.?\d+)\s*\*\s*)?([^+*-]+?)\s*(?=[+-]|$)/;
const MEAN = "Avg";

/** Read what is written. Throws an Error that names the line. */
export function parseMontage(text: string): Derivation[] {
  const lines = text.split("\n").flatMap((line, index) => (line.trim() ? [written(line, index + 1)] : []));
  const averaged = lines.flatMap(({ terms }) => (against(terms) === undefined ? [] : [against(terms)!]));
  return lines.map(({ label, terms }) => {
    const weights: Weights = {};
    const add = (name: string, weight: number): void => void (weights[name] = (weights[name] ?? 0) + weight);
    for (const [name, weight] of terms)
      if (name !== MEAN) add(name, weight);
      else for (const each of new Set(averaged)) add(each, weight / new Set(averaged).size);
    return [label, weights];
  });
}

interface Line {
  label: string;
  terms: [name: string, weight: number][];
}

function written(line: string, number: number): Line {
  const text = line.replace(/[–−]/g, "-").trim();
  const [, named, sum] = /^(?:([^:]*):)?(.*)$/.exec(text)!;
  const terms: Line["terms"] = [];
  for (let rest = sum; rest.trim(); ) {
    const term = TERM.exec(rest);
    if (!term || (terms.length > 0 && !term[1])) throw fault(number, text);
    const name = term[3].toLowerCase() === "avg" ? MEAN : term[3];
    terms.push([name, (term[1] === "-" ? -1 : 1) * Number(term[2] ?? 1)]);
    rest = rest.slice(term[0].length);
  }
  const label = (named ?? sum).trim();
  if (!terms.length || !label) throw fault(number, text);
  if (terms.some(([name]) => name === MEAN) && against(terms) === undefined)
    throw new Error(`Line ${number}, “${text}”: Avg stands for a mean only in Electrode-Avg.`);
  return { label, terms };
}

const fault = (number: number, text: string): Error =>
  new Error(`Line ${number}, “${text}”: a channel is written as Fp1-F7, as Cz, or as name: 0.5*F7 + 0.5*T7 - Cz.`);

/** The electrode that is taken against the mean. */
function against(terms: Line["terms"]): string | undefined {
  const [[name, weight], mean] = terms.length === 2 ? terms : [["", 0], undefined];
  return mean?.[0] === MEAN && mean[1] === -1 && weight === 1 && name !== MEAN ? name : undefined;
}

/** Write what `parseMontage` reads. */
export function writeMontage(derivations: readonly Derivation[]): string {
  const averaged = new Set(derivations.flatMap(([, weights]) => meanOf(weights) ?? []));
  return derivations
    .map(([label, weights]) => {
      const own = meanOf(weights);
      const sum = own && Object.keys(weights).every((name) => averaged.has(name)) && averaged.size === Object.keys(weights).length
        ? `${own}-${MEAN}`
        : sumOf(weights);
      return sum.replaceAll(" ", "") === label.replaceAll(" ", "") ? label : `${label}: ${sum}`;
    })
    .join("\n");
}

/** The electrode that is taken against the mean of three or more, itself among them. */
function meanOf(weights: Weights): string | undefined {
  const all = Object.entries(weights);
  const near = (value: number, wanted: number): boolean => Math.abs(value - wanted) < 1e-6;
  const above = all.filter(([, weight]) => weight > 0);
  const others = all.filter(([, weight]) => near(weight, -1 / all.length));
  if (all.length < 3 || above.length !== 1 || others.length !== all.length - 1) return undefined;
  return near(above[0][1], 1 - 1 / all.length) ? above[0][0] : undefined;
}

function sumOf(weights: Weights): string {
  const terms = Object.entries(weights).sort(([, a], [, b]) => b - a);
  const sized = (weight: number): string => (Math.abs(weight) === 1 ? "" : `${+Math.abs(weight).toPrecision(9)}*`);
  if (terms.length === 2 && terms[0][1] === 1 && terms[1][1] === -1) return `${terms[0][0]}-${terms[1][0]}`;
  const text = terms.map(([name, weight]) => `${weight < 0 ? "-" : "+"} ${sized(weight)}${name}`).join(" ");
  return text.replace(/^\+ /, "").replace(/^- /, "-");
}
