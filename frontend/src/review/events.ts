// Events as Review lists them: whose they are, in which order, which is next. No component here, so that it is tested alone.

import type { EventRow, Proposal, Status } from "../api/client";
import type { Band } from "../draw/overlay";

/** An event as it is shown; one that a threshold only proposes is not stored, and has no answer yet. */
export interface Shown {
  id: string;
  onset: number;
  duration: number;
  label: string;
  channels: string[];
  author: string;
  confidence: number | null;
  status: Status;
  by: "person" | "model";
  stored: boolean;
  event: EventRow | null;
}

export type Filter = "all" | "proposed" | "accepted" | "rejected";
export type Order = "time" | "confidence" | "length";

/** Which events are listed; null: whatever the label, whoever marked it. */
export interface Wanted {
  filter: Filter;
  label: string | null;
  who: string | null;
  order: Order;
}

export const FILTERS: Record<Filter, string> = {
  all: "All",
  proposed: "To review",
  accepted: "Accepted",
  rejected: "Rejected",
};
export const STATUS: Record<Status, string> = { proposed: "to review", accepted: "accepted", rejected: "rejected" };

/** A function that makes something of an object once, so that of thousands only what has changed is made anew. */
export function once<From extends object, To>(make: (from: From) => To): (from: From) => To {
  const made = new WeakMap<From, To>();
  return (from) => {
    const known = made.get(from) ?? make(from);
    made.set(from, known);
    return known;
  };
}

/** An event is a model's if a probability stands beside it. */
export const shownEvent = (event: EventRow): Shown => ({
  ...event,
  by: event.confidence === null ? "person" : "model",
  stored: true,
  event,
});

const shownProposal = (model: string, { onset, duration, confidence }: Proposal): Shown => ({
  id: `at ${onset}`,
  onset,
  duration,
  label: "seizure",
  channels: [],
  author: model,
  confidence,
  status: "proposed",
  by: "model",
  stored: false,
  event: null,
});

/**
 * What is shown while a threshold is being tried: the model's unreviewed proposals give way to those that would take
 * their place. As the server does when it keeps them, those that were judged already are not proposed again.
 */
export function tried(events: readonly Shown[], model: string, proposals: readonly Proposal[]): Shown[] {
  const others = events.filter(({ event }) => !(event?.source === model && event.status === "proposed"));
  const judged = others.filter(({ event }) => event?.source === model);
  const fresh = proposals.filter((proposal) => {
    const covered = judged.reduce((sum, event) => sum + Math.max(0, overlap(proposal, event)), 0);
    return !(covered > 0 && covered >= proposal.duration / 2);
  });
  return byOnset([...others, ...fresh.map((proposal) => shownProposal(model, proposal))]);
}

const overlap = (a: { onset: number; duration: number }, b: { onset: number; duration: number }): number =>
  Math.min(a.onset + a.duration, b.onset + b.duration) - Math.max(a.onset, b.onset);

export const byOnset = (events: readonly Shown[]): Shown[] => events.toSorted((a, b) => a.onset - b.onset);

const inOrder = (events: readonly Shown[], order: Order): Shown[] => {
  if (order === "time") return byOnset(events);
  if (order === "length") return events.toSorted((a, b) => b.duration - a.duration);
  return events.toSorted((a, b) => (b.confidence ?? 2) - (a.confidence ?? 2));
};

/** The list as one asked for it. */
export function listed(events: readonly Shown[], { filter, label, who, order }: Wanted): Shown[] {
  const chosen = events.filter(
    (event) =>
      (filter === "all" || event.status === filter) &&
      (label === null || event.label === label) &&
      (who === null || event.author === who),
  );
  return inOrder(chosen, order);
}

/** What stands in a column of events, each once, the most frequent first. */
export function kinds(events: readonly Shown[], of: "label" | "author"): string[] {
  const counts = new Map<string, number>();
  for (const event of events) counts.set(event[of], (counts.get(event[of]) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([kind]) => kind);
}

/**
 * The event before or after the selected one in a list, even if that was answered and so has left the list; without
 * one, the nearest that begins on that side of a time.
 */
export function neighbour(
  list: readonly Shown[],
  selected: Shown | null,
  order: Order,
  time: number,
  by: 1 | -1,
): Shown | undefined {
  if (selected) {
    const all = list.includes(selected) ? list : inOrder([...list, selected], order);
    return all[all.indexOf(selected) + by];
  }
  let nearest: Shown | undefined;
  for (const event of list) {
    const ahead = by * (event.onset - time);
    if (ahead > 1e-6 && (!nearest || ahead < by * (nearest.onset - time))) nearest = event;
  }
  return nearest;
}

/** Where a page begins that shows an event: a little of what was before it stands at the left. */
export const startFor = ({ onset }: { onset: number }, seconds: number): number => onset - seconds * 0.2;

/** An event as it is drawn; channels that are not on the screen leave it without rows of its own. */
export function band(event: Shown, labels: readonly string[]): Band {
  const rows = event.channels.length
    ? labels.flatMap((label, row) => (event.channels.includes(label) ? [row] : []))
    : [];
  const sure = event.confidence === null ? "" : ` ${event.confidence.toFixed(2)}`;
  const state = event.status === "rejected" ? " ✗" : event.status === "proposed" ? " ?" : "";
  return {
    onset: event.onset,
    duration: event.duration,
    words: event.label + sure + state,
    by: event.by,
    status: event.status,
    selected: false,
    rows,
  };
}

/** Which edge of an event lies at a place, within a few pixels. */
export function edgeAt(event: Shown, time: number, reach: number): "onset" | "stop" | null {
  const [toOnset, toStop] = [Math.abs(time - event.onset), Math.abs(time - event.onset - event.duration)];
  if (Math.min(toOnset, toStop) > reach) return null;
  return toOnset < toStop ? "onset" : "stop";
}

/** An event with one edge moved; dragged past the other, the two change places. */
export function withEdge(
  event: { onset: number; duration: number },
  edge: "onset" | "stop",
  time: number,
): { onset: number; duration: number } {
  const fixed = edge === "onset" ? event.onset + event.duration : event.onset;
  return { onset: Math.min(fixed, time), duration: Math.abs(time - fixed) };
}
