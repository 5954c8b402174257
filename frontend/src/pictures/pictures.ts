// Pictures as Review lists them: what is said of each, in which order, which is next. No component here, so that it is
// tested alone.

import type { PictureRow } from "../api/client";

export interface Said {
  label: string;
  probability: number;
}

export type Filter = "all" | "open" | "differs" | "answered" | "twins";
export type Order = "name" | "uncertain" | "unlikely";

export const FILTERS: Record<Filter, string> = {
  all: "All",
  open: "To review",
  differs: "Model differs",
  answered: "Reviewed",
  twins: "With twins",
};
export const ORDERS: Record<Order, string> = {
  name: "by name",
  uncertain: "least sure first",
  unlikely: "least likely label first",
};

const plain = (name: string): string =>
  name
    .toLocaleLowerCase("en")
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/** Whether two names are of one class: case and the signs between words do not matter. */
export const same = (one: string, other: string): boolean => plain(one) === plain(other);

/** What the model says: at its threshold, which need not be its most probable class. */
export function said({ says, finding }: PictureRow, classes: readonly string[]): Said | null {
  return says && finding ? { label: says, probability: finding[classes.indexOf(says)] } : null;
}

/** What the picture shows as far as people say: the verdict, else the label that it came with; empty for neither. */
export const truth = ({ verdict, label }: PictureRow): string => verdict?.label ?? label;

/** Whether the model says something else than people do. */
export function differs(picture: PictureRow, classes: readonly string[]): boolean {
  const [model, people] = [said(picture, classes), truth(picture)];
  return model !== null && people !== "" && !same(model.label, people);
}

/** How little the two most probable classes are apart; 2 where nothing was said, which comes last. */
function margin({ finding }: PictureRow): number {
  if (!finding) return 2;
  const [first, second = 0] = finding.toSorted((a, b) => b - a);
  return first - second;
}

/** How probable the model holds what people say; 2 where one of both says nothing. */
function likelihood(picture: PictureRow, classes: readonly string[]): number {
  const people = truth(picture);
  const place = people ? classes.findIndex((name) => same(name, people)) : -1;
  return picture.finding && place >= 0 ? picture.finding[place] : 2;
}

export interface Wish {
  filter: Filter;
  label: string; // of this class only; empty for all
  order: Order;
  keep: string | null; // a picture that stays in the list although it was just answered
}

/** The list as one asked for it. */
export function listed(pictures: readonly PictureRow[], classes: readonly string[], wish: Wish): PictureRow[] {
  const fits: Record<Filter, (picture: PictureRow) => boolean> = {
    all: () => true,
    open: ({ verdict }) => !verdict,
    differs: (picture) => differs(picture, classes),
    answered: ({ verdict }) => verdict !== null,
    twins: ({ group }) => group !== "",
  };
  const chosen = pictures.filter(
    (picture) =>
      picture.id === wish.keep || (fits[wish.filter](picture) && (!wish.label || same(truth(picture), wish.label))),
  );
  if (wish.filter === "twins" && wish.order === "name")
    return chosen.toSorted((a, b) => Number.parseInt(a.group || "0", 16) - Number.parseInt(b.group || "0", 16));
  if (wish.order === "name") return chosen;
  const rank = wish.order === "uncertain" ? margin : (picture: PictureRow) => likelihood(picture, classes);
  return chosen
    .map((picture) => ({ picture, by: rank(picture) }))
    .sort((a, b) => a.by - b.by)
    .map(({ picture }) => picture);
}

/** The classes that one may choose from: those of the labels, then those of the model, then those that were given. */
export function choices(
  labels: readonly string[],
  model: readonly string[],
  pictures: readonly PictureRow[],
): string[] {
  const given = new Set(pictures.flatMap(({ verdict }) => (verdict ? [verdict.label] : [])));
  const all: string[] = [];
  for (const name of [...labels, ...model, ...given]) if (!all.some((other) => same(other, name))) all.push(name);
  return all;
}

/** A probability as one reads it; nothing is certain. */
export function percent(probability: number): string {
  if (probability >= 0.995 && probability < 1) return "> 99 %";
  if (probability < 0.005 && probability > 0) return "< 1 %";
  return `${Math.round(probability * 100)} %`;
}
