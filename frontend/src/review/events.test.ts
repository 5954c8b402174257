import { expect, test } from "vitest";
import type { EventRow } from "../api/client";
import { band, edgeAt, kinds, listed, neighbour, shownEvent, startFor, tried, type Wanted, withEdge } from "./events";

const row = (id: string, onset: number, more: Partial<EventRow> = {}): EventRow => ({
  id, onset, duration: 10, label: "seizure", channels: [], confidence: null, author: "", source: "page", status: "accepted", comment: "", changed_at: "", changed_by: "", ...more,
}); // prettier-ignore
const found = (id: string, onset: number, more: Partial<EventRow> = {}): EventRow =>
  row(id, onset, { confidence: 0.8, source: "net", status: "proposed", ...more });

test("an event with a probability is a model's", () => {
  expect([row("a", 0), found("b", 0)].map((event) => shownEvent(event).by)).toEqual(["person", "model"]);
});

test("a tried threshold replaces the model's unreviewed events only", () => {
  const events = [
    row("mine", 5),
    found("open", 100),
    found("judged", 200, { status: "rejected" }),
    found("other", 300, { source: "else" }),
  ];
  const shown = tried(events.map(shownEvent), "net", [{ onset: 400, duration: 5, confidence: 0.6 }]);
  expect(shown.map(({ id }) => id)).toEqual(["mine", "judged", "other", "at 400"]);
  expect(shown[3]).toMatchObject({ stored: false, status: "proposed", confidence: 0.6 });
});

test("what a person judged already is not proposed again", () => {
  const events = [found("judged", 200, { status: "rejected" })].map(shownEvent);
  const proposals = [
    { onset: 203, duration: 10, confidence: 0.6 },
    { onset: 207, duration: 10, confidence: 0.6 },
  ];
  expect(tried(events, "net", proposals).map(({ id }) => id)).toEqual(["judged", "at 207"]);
});

test("lists are filtered and ordered", () => {
  const events = [found("low", 1, { confidence: 0.2 }), found("high", 2), row("mine", 3, { label: "spike", author: "anna", duration: 20 })].map(shownEvent);
  const all = { filter: "all", label: null, who: null, order: "time" } as const;
  const ids = (wanted: Partial<Wanted>): string[] => listed(events, { ...all, ...wanted }).map(({ id }) => id);
  expect(ids({ filter: "proposed", order: "confidence" })).toEqual(["high", "low"]);
  expect(ids({})).toEqual(["low", "high", "mine"]);
  expect(ids({ label: "spike" })).toEqual(["mine"]);
  expect(ids({ who: "anna" })).toEqual(["mine"]);
  expect(ids({ order: "length" })[0]).toBe("mine");
  expect(kinds(events, "label")).toEqual(["seizure", "spike"]);
});

test("next and previous follow the list; without a selection, the time", () => {
  const list = [row("a", 10), row("b", 20), row("c", 30)].map(shownEvent);
  const [, b, c] = list;
  expect(neighbour(list, b, "time", 0, 1)?.id).toBe("c");
  expect(neighbour(list, b, "time", 0, -1)?.id).toBe("a");
  expect(neighbour(list, c, "time", 0, 1)).toBeUndefined();
  expect(neighbour(list, null, "time", 15, 1)?.id).toBe("b");
  expect(neighbour(list, null, "time", 15, -1)?.id).toBe("a");
  expect(neighbour(list.toReversed(), null, "confidence", 10, 1)?.id).toBe("b");
});

test("what was answered and has left the list keeps its place in it", () => {
  const list = [found("a", 30, { confidence: 0.9 }), found("b", 10, { confidence: 0.5 })].map(shownEvent);
  const answered = shownEvent(found("c", 20, { confidence: 0.7, status: "accepted" }));
  expect(neighbour(list, answered, "confidence", 0, 1)?.id).toBe("b");
  expect(neighbour(list, answered, "time", 0, 1)?.id).toBe("a");
});

test("a page that shows an event begins a fifth of a page before it", () => {
  expect(startFor({ onset: 100 }, 10)).toBe(98);
});

test("an edge is taken within reach, and may be dragged past the other", () => {
  const event = shownEvent(row("a", 10));
  expect(edgeAt(event, 10.2, 0.3)).toBe("onset");
  expect(edgeAt(event, 19.9, 0.3)).toBe("stop");
  expect(edgeAt(event, 15, 0.3)).toBeNull();
  expect(withEdge(event, "stop", 25)).toEqual({ onset: 10, duration: 15 });
  expect(withEdge(event, "onset", 24)).toEqual({ onset: 20, duration: 4 });
});

test("an event of some channels is drawn on their rows", () => {
  const drawn = band(shownEvent(found("a", 0, { channels: ["F4-C4"] })), ["F3-C3", "F4-C4"]);
  expect(drawn).toMatchObject({ rows: [1], words: "seizure 0.80 ?", by: "model" });
});
