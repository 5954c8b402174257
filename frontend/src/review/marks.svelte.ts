// The events of the recording on the screen: what the server holds, changed by the reader, and taken back again.

import { ApiError, api, ask, type EventChange, type EventRow } from "../api/client";
import { notices } from "../app/notices.svelte";
import { stream } from "../live/stream.svelte";
import { elapsed } from "../time";

/** A change keeps its event's identity while the id of its latest row moves on. */
interface Thread {
  id: string;
}

interface Deed {
  thread: Thread;
  before: EventRow | null; // null: it was first marked
  after: EventRow | null; // null: it was removed
}

export class Marks {
  rows = $state.raw<EventRow[]>([]);
  selected = $state<string | null>(null);
  #threads = new Map<string, Thread>();
  #deeds: Deed[] = [];
  #undone: Deed[] = []; // what can be done again, until something new is done
  #asked = 0;
  #answering = 0; // what was asked last and has not been answered yet
  #pending = 0; // things that are being done: what the server tells meanwhile may not know of them yet
  #missed = false;
  #made = new Set<string>(); // ids of rows that were made on this page, which therefore knows them
  #heard: (string | null)[] = []; // ids of rows that the server told of; null: many
  #queue: Promise<void> = Promise.resolve(); // one thing after another: each needs to know what the one before made

  constructor(readonly recording: string) {}

  /** Fetch the events, now and whenever another tab or a job changes them; returns how to stop. */
  follow(): () => void {
    void this.load();
    const stops = [
      stream.on("events", ({ recording, ids }) => recording === this.recording && this.#hear(ids)),
      stream.on("live", (live) => live && void this.load()),
    ];
    return () => stops.forEach((stop) => stop());
  }

  /** Fetch the events if rows are new that were not made here; what is being done may be making them. */
  #hear(ids: readonly string[] | null): void {
    this.#heard.push(...(ids ?? [null]));
    if (this.#pending) return; // asked again when all is done
    const strange = this.#heard.some((id) => id === null || !this.#made.has(id));
    this.#heard = [];
    if (strange) void this.load();
  }

  async load(): Promise<void> {
    const mine = ++this.#asked;
    this.#missed = this.#pending > 0;
    if (this.#missed) return; // asked again when all is done
    this.#answering = mine;
    this.#heard = [];
    try {
      const rows = await ask(api.GET("/api/recordings/{id}/events", { params: { path: { id: this.recording } } }));
      if (mine === this.#asked) this.rows = rows; // else something newer is known
    } catch (error) {
      notices.fault(error);
    } finally {
      if (mine === this.#answering) this.#answering = 0;
    }
  }

  async add(onset: number, duration: number, label: string, channels: string[] = []): Promise<void> {
    const params = { path: { id: this.recording } };
    const body = { onset, duration, label, channels, comment: "" };
    await this.#doing(async () => {
      const after = await ask(api.POST("/api/recordings/{id}/events", { params, body }));
      this.#put(null, after);
      this.#move(this.#thread(after.id), after.id);
      this.#did({ thread: this.#thread(after.id), before: null, after });
      this.selected = after.id;
    });
  }

  async change(event: EventRow, change: EventChange): Promise<void> {
    this.#put(event.id, { ...event, ...(change as Partial<EventRow>) }); // at once; the server's answer follows
    await this.#doing(async () => {
      const thread = this.#thread(event.id);
      const after = await this.#send(thread, change);
      this.#did({ thread, before: event, after });
    }, event);
  }

  async remove(event: EventRow): Promise<void> {
    this.#put(event.id, null);
    await this.#doing(async () => {
      const thread = this.#thread(event.id);
      await this.#end(thread);
      this.#did({ thread, before: event, after: null });
    }, event);
  }

  /** Take back what was done last on this page. */
  async undo(): Promise<void> {
    await this.#doing(async () => {
      const deed = this.#deeds.pop();
      if (!deed) return notices.say("There is nothing to take back.");
      await this.#lead(deed.thread, deed.after, deed.before);
      this.#undone.push(deed);
    });
  }

  /** Do again what was taken back last. */
  async redo(): Promise<void> {
    await this.#doing(async () => {
      const deed = this.#undone.pop();
      if (!deed) return notices.say("There is nothing to do again.");
      await this.#lead(deed.thread, deed.before, deed.after);
      this.#deeds.push(deed);
    });
  }

  #did(deed: Deed): void {
    this.#deeds.push(deed);
    this.#undone = [];
  }

  /** Make an event what it was at another time; null: it was not there. */
  async #lead(thread: Thread, from: EventRow | null, to: EventRow | null): Promise<void> {
    if (!to) return this.#end(thread);
    if (!from) return this.#bringBack(thread);
    const { onset, duration, label, channels, status, comment } = to;
    await this.#send(thread, { onset, duration, label, channels, status, comment });
  }

  async #send(thread: Thread, body: EventChange): Promise<EventRow> {
    const { id } = thread;
    const after = await ask(api.POST("/api/events/{id}/change", { params: { path: { id } }, body }));
    this.#put(id, after);
    this.#move(thread, after.id);
    return after;
  }

  async #end(thread: Thread): Promise<void> {
    const { id } = thread;
    const gone = await ask(api.POST("/api/events/{id}/remove", { params: { path: { id } } }));
    this.#put(id, null);
    this.#move(thread, gone.id);
  }

  async #bringBack(thread: Thread): Promise<void> {
    const { id } = thread;
    const again = await ask(api.POST("/api/events/{id}/undo", { params: { path: { id } } }));
    if (!again) return;
    this.#move(thread, again.id);
    this.#put(null, again);
    this.selected = again.id;
  }

  #doing(doing: () => Promise<void>, event?: EventRow): Promise<void> {
    this.#pending++;
    this.#queue = this.#queue.then(async () => {
      await this.#try(doing, event);
      if (--this.#pending) return;
      if (this.#missed) await this.load();
      else this.#hear([]);
    });
    return this.#queue;
  }

  /** Do something; if another tab was faster, show what that one made of the event; otherwise say what went wrong. */
  async #try(doing: () => Promise<void>, event?: EventRow): Promise<void> {
    if (this.#answering) this.#missed = true;
    this.#answering = 0;
    this.#asked++; // what was asked before does not know of this
    try {
      await doing();
    } catch (error) {
      const current =
        error instanceof ApiError && error.status === 409 ? (error.body.current as EventRow | null) : undefined;
      if (current === undefined) notices.fault(error);
      else if (current)
        notices.fault(`${(error as Error).message} It now is: ${described(current)}. Your change was not made.`);
      else notices.fault(`${(error as Error).message} It was removed. Your change was not made.`);
      if (event && current) {
        this.#move(this.#thread(event.id), current.id);
        this.#put(event.id, current);
      }
      await this.load();
    }
  }

  /** Put a row in the place of another; null for none. */
  #put(id: string | null, row: EventRow | null): void {
    const others = this.rows.filter((other) => other.id !== id && other.id !== row?.id);
    this.rows = row ? [...others, row].sort((a, b) => a.onset - b.onset) : others;
    if (id && this.selected === id) this.selected = row?.id ?? null;
  }

  #thread(id: string): Thread {
    const thread = this.#threads.get(id) ?? { id };
    this.#threads.set(id, thread);
    return thread;
  }

  #move(thread: Thread, id: string): void {
    this.#made.add(id);
    thread.id = id;
    this.#threads.set(id, thread);
  }
}

const described = ({ label, onset, duration, status }: EventRow): string =>
  `${label}, ${elapsed(onset, 1)} to ${elapsed(onset + duration, 1)}, ${status}`;
