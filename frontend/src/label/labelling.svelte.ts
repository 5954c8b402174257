// A queue being answered: the questions that come next, what was said last, and what was learnt from it.

import { ApiError, api, ask } from "../api/client";
import type { components } from "../api/schema";
import { attempt, notices } from "../app/notices.svelte";
import { stream } from "../live/stream.svelte";

type Schemas = components["schemas"];
export type QueueRow = Schemas["QueueRow"];
export type QueueState = Schemas["QueueState"];
export type Question = Schemas["Question"];
export type Difference = Schemas["Difference"];
type AnswerRow = Schemas["AnswerRow"];

interface Deed {
  question: Question;
  answer: AnswerRow;
}

const FEW = 3; // questions ahead, below which more are asked for

export class Labelling {
  state = $state.raw<QueueState | null>(null);
  ahead = $state.raw<Question[]>([]);
  loaded = $state(false); // whether questions were asked for
  comment = $state("");
  revealed = $state(false); // whether what the network says is shown
  last = $state.raw<Deed | null>(null);
  #deeds: Deed[] = [];
  #skipped = new Set<number>();
  #said = new Set<number>(); // candidates that were answered here: what comes late must not ask again
  #asking = false;
  #going: Promise<void> = Promise.resolve();
  #soon: ReturnType<typeof setTimeout> | undefined;

  readonly question = $derived(this.ahead[0] ?? null);
  readonly ready = $derived(this.state?.candidates != null);

  constructor(readonly id: string) {}

  /** Fetch what is known, and follow what happens; returns how to stop. */
  follow(): () => void {
    const stops = [
      stream.on("queue", ({ queue }) => queue === this.id && this.#again()),
      stream.on("job", (job) => job.id === this.state?.job?.id && this.#again()),
      stream.on("live", (live) => live && this.#again()),
    ];
    void this.load();
    return () => {
      clearTimeout(this.#soon);
      stops.forEach((stop) => stop());
    };
  }

  #again(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.load(), 150);
  }

  async load(): Promise<void> {
    const params = { path: { id: this.id } };
    this.state = (await attempt(() => ask(api.GET("/api/queues/{id}", { params })))) ?? this.state;
    if (this.ready) await this.more();
  }

  /** Have questions ready, so that nobody waits for one. */
  async more(): Promise<void> {
    if (this.#asking || this.ahead.length >= FEW) return;
    this.#asking = true;
    const held = [...this.#skipped, ...this.ahead.map(({ candidate }) => candidate)];
    const params = { path: { id: this.id }, query: { skipped: held.join(",") } };
    const come = await attempt(() => ask(api.GET("/api/queues/{id}/next", { params })));
    this.#asking = false;
    this.loaded = true;
    if (!come) return;
    const known = new Set(this.ahead.map(({ candidate }) => candidate));
    this.ahead = [...this.ahead, ...come.filter(({ candidate }) => !known.has(candidate) && !this.#said.has(candidate))];
  }

  /** Say what it is; empty: unsure. The next question is there at once; what went wrong brings this one back. */
  answer(label: string): Promise<void> {
    const { question, comment } = this;
    if (!question) return this.#going;
    this.#said.add(question.candidate);
    this.#step();
    return this.#after(() => this.#give(question, label, comment));
  }

  /** Do one thing after the other: what is taken back must have been given. */
  #after(doing: () => Promise<void>): Promise<void> {
    this.#going = this.#going.then(doing);
    return this.#going;
  }

  async #give(question: Question, label: string, comment: string): Promise<void> {
    const body = { candidate: question.candidate, label, comment, replaces: null, settles: false };
    try {
      const answer = await ask(api.POST("/api/queues/{id}/answers", { params: { path: { id: this.id } }, body }));
      this.last = { question, answer };
      this.#deeds.push(this.last);
      this.#again(); // the stream tells of it too, and later of what was learnt
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) notices.say("This was answered in another tab already.");
      else {
        this.#said.delete(question.candidate);
        this.ahead = [question, ...this.ahead];
        notices.fault(error);
      }
    }
    void this.more();
  }

  skip(): void {
    if (!this.question) return;
    this.#skipped.add(this.question.candidate);
    this.#step();
    void this.more();
  }

  /** Take the last answer back, and ask again. */
  undo(): Promise<void> {
    return this.#after(() => this.#undo());
  }

  async #undo(): Promise<void> {
    const deed = this.#deeds.pop();
    if (!deed) return notices.say("There is nothing to take back.");
    const params = { path: { id: this.id, answer: deed.answer.id } };
    const come = await attempt(() => ask(api.DELETE("/api/queues/{id}/answers/{answer}", { params })));
    if (!come) return;
    this.#said.delete(deed.question.candidate);
    this.ahead = [...come, ...this.ahead.filter(({ candidate }) => candidate !== deed.question.candidate)];
    this.comment = deed.answer.comment;
    this.last = this.#deeds.at(-1) ?? null;
  }

  #step(): void {
    this.ahead = this.ahead.slice(1);
    this.comment = "";
    this.revealed = false;
  }
}

/** A class in few letters where it is long. */
export const percent = (share: number): string => `${Math.round(share * 100)} %`;
