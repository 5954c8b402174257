// The pictures of the set on the screen: what the server holds, judged by the reader, taken back, and judged by a model.

import {
  ApiError,
  api,
  ask,
  type ImageSetRow,
  type JobRow,
  type ModelRow,
  type PictureRow,
  type VerdictRow,
} from "../api/client";
import { attempt, notices } from "../app/notices.svelte";
import { isActive, stopJob } from "../live/jobs";
import { stream } from "../live/stream.svelte";
import { prefer, preferred } from "../models/preferred";
import { choices, same } from "./pictures";


interface Deed {
  picture: string;
  before: string | null; // what was said before; null for nothing
}

export class PictureSet {
  readonly set: ImageSetRow;
  rows = $state.raw<PictureRow[]>([]);
  loaded = $state(false);
  models = $state.raw<ModelRow[]>([]);
  #classes = $state.raw<string[]>([]); // those of the findings, in their order
  #chosen = $state<string | null>(preferred("images"));
  #jobs = $state.raw<JobRow[]>([]);
  #deeds: Deed[] = [];
  #asked = 0;
  #queue: Promise<unknown> = Promise.resolve(); // one thing after another: each needs to know what the one before made

  /** The chosen model; where none was chosen, one that knows a class of the set, or the first. */
  readonly model = $derived(
    this.models.find(({ name }) => name === this.#chosen) ??
      this.models.find(({ classes }) => this.set.classes.some(({ name }) => classes.includes(name))) ??
      this.models[0] ??
      null,
  );
  readonly job = $derived(this.#jobs.find(({ parameters }) => parameters.model === this.model?.name) ?? null);
  readonly active = $derived(isActive(this.job));
  readonly classes = $derived(this.#classes.length ? this.#classes : (this.model?.classes ?? []));
  /** The classes that a picture may be said to show. */
  readonly choices = $derived.by(() => {
    const labels = this.set.classes.map(({ name }) => name);
    return choices(labels, this.model?.classes ?? [], this.rows);
  });
  readonly judged = $derived(this.rows.reduce((sum, { finding }) => sum + Number(finding !== null), 0));

  constructor(set: ImageSetRow) {
    this.set = set;
  }

  /** Fetch what is known, and follow what happens; returns how to stop. */
  follow(): () => void {
    void this.#begin();
    const stops = [
      stream.on("verdict", ({ set, picture, verdict }) => set === this.set.id && this.#put(picture, verdict)),
      stream.on("job", (job) => job.images?.id === this.set.id && this.#heard(job)),
      stream.on("live", (live) => live && void this.load()),
    ];
    return () => stops.forEach((stop) => stop());
  }

  async load(): Promise<void> {
    const mine = ++this.#asked;
    const params = { path: { id: this.set.id }, query: { model: this.model?.name ?? "" } };
    const found = await attempt(() => ask(api.GET("/api/image-sets/{id}/pictures", { params })));
    if (!found || mine !== this.#asked) return;
    this.rows = found.pictures;
    this.#classes = found.classes;
    this.loaded = true;
  }

  choose(name: string): void {
    this.#chosen = name;
    prefer("images", name);
    void this.load();
  }

  /** Let the chosen model judge all pictures. */
  async run(): Promise<void> {
    if (!this.model) notices.say("No model that judges images is installed.");
    if (!this.model || this.active) return;
    const [params, body] = [{ path: { id: this.set.id } }, { model: this.model.name }];
    const job = await attempt(() => ask(api.POST("/api/image-sets/{id}/classify", { params, body })));
    if (job) this.#heard(job);
  }

  async stop(): Promise<void> {
    const job = await attempt(() => stopJob(this.job!.id));
    if (job) this.#heard(job);
  }

  /** Say what a picture shows; null takes back what was said. */
  async give(picture: string, label: string | null): Promise<void> {
    const before = this.#row(picture)?.verdict ?? null;
    if ((label === null && !before) || (label !== null && before && same(before.label, label))) return;
    await this.#send(picture, label, () => this.#deeds.push({ picture, before: before?.label ?? null }));
  }

  /** Take back what was done last on this page; returns of which picture. */
  async undo(): Promise<string | null> {
    await this.#queue; // what is still on its way is what was done last
    const deed = this.#deeds.pop();
    if (!deed) {
      notices.say("There is nothing to take back.");
      return null;
    }
    await this.#send(deed.picture, deed.before, () => {});
    return deed.picture;
  }

  #send(picture: string, label: string | null, done: () => void): Promise<void> {
    const doing = this.#queue.then(() => this.#say(picture, label, done));
    this.#queue = doing;
    return doing;
  }

  async #say(picture: string, label: string | null, done: () => void): Promise<void> {
    const before = this.#row(picture)?.verdict ?? null;
    const status = this.#row(picture)?.label === label ? ("confirmed" as const) : ("corrected" as const);
    // At once; the server's answer follows.
    this.#put(picture, label === null ? null : { id: before?.id ?? "", label, status, user: before?.user ?? "" });
    try {
      const body = { label, replaces: before?.id ?? null, model: this.model?.name ?? "" };
      const params = { path: { id: picture } };
      const answer = await ask(api.POST("/api/pictures/{id}/verdict", { params, body }));
      this.#put(picture, answer.verdict);
      done();
    } catch (error) {
      const current =
        error instanceof ApiError && error.status === 409 ? (error.body.current as VerdictRow | null) : undefined;
      this.#put(picture, current === undefined ? before : current);
      if (current === undefined) notices.fault(error);
      else {
        const now = current ? `It now is: ${current.label}.` : "It now is without a verdict.";
        notices.fault(`${(error as Error).message} ${now} Your answer was not kept.`);
      }
    }
  }

  #row(id: string): PictureRow | undefined {
    return this.rows.find((row) => row.id === id);
  }

  #put(id: string, verdict: VerdictRow | null): void {
    this.rows = this.rows.map((row) => (row.id === id ? { ...row, verdict } : row));
  }

  async #begin(): Promise<void> {
    const [models, jobs] = await Promise.all([
      attempt(() => ask(api.GET("/api/models"))),
      attempt(() => ask(api.GET("/api/jobs"))),
    ]);
    this.models = models?.filter(({ judges }) => judges === "images") ?? [];
    this.#jobs = jobs?.filter(({ kind, images }) => kind === "classify" && images?.id === this.set.id) ?? [];
    await this.load();
  }

  #heard(job: JobRow): void {
    if (job.kind === "twins" && job.state === "done") void this.load();
    if (job.kind !== "classify") return;
    const before = this.#jobs.find(({ id }) => id === job.id);
    this.#jobs = [job, ...this.#jobs.filter(({ id }) => id !== job.id)].sort((a, b) =>
      a.created_at < b.created_at ? 1 : -1,
    );
    if (job.state === "failed" && before?.state !== "failed") notices.fault(job.message || "The model failed.");
    if (job.state === "done" && before?.state !== "done") void this.load();
  }
}
