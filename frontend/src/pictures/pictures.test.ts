import { expect, test } from "vitest";
import type { PictureRow } from "../api/client";
import { choices, differs, type Filter, listed, type Order, percent, said, same } from "./pictures";

const CLASSES = ["healthy", "pneumonia"];
const picture = (id: string, more: Partial<PictureRow> = {}): PictureRow => ({
  id,
  name: id,
  kind: "PNG",
  width: 8,
  height: 8,
  frames: 1,
  label: "healthy",
  patient: "",
  group: "",
  verdict: null,
  finding: null,
  says: null,
  ...more,
});
const verdict = (label: string) => ({ id: "v", label, status: "confirmed" as const, user: "owner" });
const rows = [
  picture("a", { says: "healthy", finding: [0.9, 0.1] }),
  picture("b", { says: "pneumonia", finding: [0.2, 0.8] }),
  picture("c", { says: "healthy", finding: [0.45, 0.55], verdict: verdict("pneumonia") }),
  picture("d", { label: "", group: "1" }),
];
const ids = (filter: Filter, order: Order = "name", label = "", keep: string | null = null): string =>
  listed(rows, CLASSES, { filter, order, label, keep })
    .map(({ id }) => id)
    .join("");

test("what the model says is told with its probability, also where that is not the highest", () => {
  expect(said(rows[2], CLASSES)).toEqual({ label: "healthy", probability: 0.45 });
  expect(said(rows[1], CLASSES)).toEqual({ label: "pneumonia", probability: 0.8 });
  expect(said(rows[3], CLASSES)).toBeNull();
});

test("a verdict counts more than the label that a picture came with", () => {
  expect(rows.map((row) => differs(row, CLASSES))).toEqual([false, true, true, false]);
});

test("pictures are listed by what is asked for", () => {
  expect(ids("all")).toBe("abcd");
  expect(ids("open")).toBe("abd");
  expect(ids("differs")).toBe("bc");
  expect(ids("answered")).toBe("c");
  expect(ids("twins")).toBe("d");
  expect(ids("all", "name", "Pneumonia")).toBe("c");
  expect(ids("open", "name", "", "c")).toBe("abcd");
});

test("pictures of which nothing is said come last", () => {
  expect(ids("all", "uncertain")).toBe("cbad");
  expect(ids("all", "unlikely")).toBe("bcad");
});

test("one class has one name among the choices", () => {
  expect(same("no_tumor", "No tumor")).toBe(true);
  expect(choices(["NORMAL"], ["normal", "pneumonia"], [picture("a", { verdict: verdict("other") })])).toEqual([
    "NORMAL",
    "pneumonia",
    "other",
  ]);
});

test("nothing is certain", () => {
  expect([1, 0.999, 0.5, 0.001, 0].map(percent)).toEqual(["100 %", "> 99 %", "50 %", "< 1 %", "0 %"]);
});
