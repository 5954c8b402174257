// Find: a model runs over the recording; its track appears while it is computed; a threshold is tried on it.

import { api, ask, type JobRow, type ModelRow, type Proposal, request, type TrackRow } from "../api/client";
import { attempt, notices } from "../app/notices.svelte";
import type { Curve } from "../draw/strip";
import { isActive, stopJob } from "../live/jobs";
import { stream } from "../live/stream.svelte";
import { prefer, preferred, thresholdOf } from "../models/preferred";

const GROWTH = 4096; // values that a growing track has room for at first

export class Finding {
  models = $state.raw<ModelRow[]>([]);
  #chosen = $state<string | null>(preferred("recordings"));
  #jobs = $state.raw<JobRow[]>([]); // of this recording, the latest first
  #tracks = $state.raw<TrackRow[]>([]);
  #curves = $state.raw<ReadonlyMap<string, Curve>>(new Map()); // by track
  #growing = $state.raw<{ job: string; curve: Curve } | null>(null);
  #trying = $state<number | null>(null);
  proposals = $state.raw<Proposal[] | null>(null); // at the threshold that is tried
  #asking = false;

  /** The chosen model; the first where none was chosen. */
  readonly model = $derived(this.models.find(({ name }) => name === this.#chosen) ?? this.models[0] ?? null);
  /** What the chosen model does here, or did last. */
  readonly job = $derived(this.#jobs.find(({ parameters }) => parameters.model === this.model?.name) ?? null);
  readonly active = $derived(isActive(this.job));
  /** The track of the chosen model. */
  readonly track = $derived(this.#tracks.find(({ model }) => model === this.model?.name) ?? null);
  /** What there is to draw: the track as far as it is known. */
  readonly curve = $derived.by(() => {
    if (this.active && this.#growing?.job === this.job?.id) return this.#growing!.curve;
    return (this.track && this.#curves.get(this.track.id)) ?? null;
  });
  readonly threshold = $derived(this.track ? (this.#trying ?? this.track.operating_point.threshold) : null);
  /** Whether another threshold is tried than the one whose events are stored. */
  readonly trying = $derived(this.#trying !== null);

  constructor(readonly recording: string) {}

  /** Fetch what is known, and follow what happens; returns how to stop. */
  follow(): () => void {
    const stops = [
      stream.on("job", (job) => job.recording?.id === this.recording && this.#heard(job)),
      stream.on("track", ({ recording }) => recording === this.recording && void this.#loadTracks()),
      stream.on("live", (live) => live && void this.#load()),
    ];
    void this.#load();
    return () => stops.forEach((stop) => stop());
  }

  choose(name: string): void {
    this.#chosen = name;
    prefer("recordings", name);
    this.forget();
  }

  async run(): Promise<void> {
    if (!this.model || this.active) return;
    const { name } = this.model;
    const [params, body] = [{ path: { id: this.recording } }, { model: name, threshold: thresholdOf(name) }];
    const job = await attempt(() => ask(api.POST("/api/recordings/{id}/find", { params, body })));
    if (job) this.#heard(job);
  }

  async stop(): Promise<void> {
    const job = await attempt(() => stopJob(this.job!.id));
    if (job) this.#heard(job);
  }

  /** Try a threshold: what it would propose is asked for at once, the latest wish only. */
  try(threshold: number): void {
    this.#trying = Math.round(Math.min(1, Math.max(0, threshold)) * 100) / 100;
    if (!this.#asking) void this.#ask();
  }

  /** Go back to the events that are stored. */
  forget(): void {
    this.#trying = null;
    this.proposals = null;
  }

  /** Store what the tried threshold proposes. */
  async keep(): Promise<void> {
    if (this.#trying === null || !this.track) return;
    const [params, body] = [{ path: { id: this.track.id } }, { threshold: this.#trying }];
    const kept = await attempt(() => ask(api.POST("/api/tracks/{id}/events", { params, body })));
    if (!kept) return;
    notices.say(`${kept.length} ${kept.length === 1 ? "event" : "events"} proposed at ${body.threshold.toFixed(2)}.`);
    this.kept();
    await this.#loadTracks(); // the threshold is the track's now
    this.forget();
  }

  /** Called when proposals were stored. */
  kept: () => void = () => {};

  async #load(): Promise<void> {
    const [models, jobs] = await Promise.all([
      attempt(() => ask(api.GET("/api/models"))),
      attempt(() => ask(api.GET("/api/jobs"))),
      this.#loadTracks(),
    ]);
    this.models = models?.filter(({ judges, finds }) => finds && judges === "recordings") ?? this.models;
    if (jobs) this.#jobs = jobs.filter(({ recording }) => recording?.id === this.recording);
    if (this.job && this.active) void this.#grow(this.job);
  }

  async #loadTracks(): Promise<void> {
    const params = { path: { id: this.recording } };
    const tracks = await attempt(() => ask(api.GET("/api/recordings/{id}/tracks", { params })));
    if (!tracks) return;
    const curves = new Map<string, Curve>();
    for (const track of tracks) {
      const curve = this.#curves.get(track.id) ?? (await attempt(() => fetchCurve(track)));
      if (curve) curves.set(track.id, curve);
    }
    this.#curves = curves;
    this.#tracks = tracks;
  }

  #heard(job: JobRow): void {
    const before = this.#jobs.find(({ id }) => id === job.id);
    this.#jobs = [job, ...this.#jobs.filter(({ id }) => id !== job.id)].sort((a, b) =>
      a.created_at < b.created_at ? 1 : -1,
    );
    if (job.state === "running") void this.#grow(job);
    if (job.state === "failed" && before?.state !== "failed") notices.fault(job.message || "Find failed.");
    if (job.state === "done" && before?.state !== "done") void this.#loadTracks();
  }

  /** Add what a running job has computed since one last asked. */
  async #grow(job: JobRow): Promise<void> {
    const known = this.#growing?.job === job.id ? this.#growing.curve.values.length : 0;
    const query = { first: known };
    const part = await ask(api.GET("/api/jobs/{id}/track", { params: { path: { id: job.id }, query } })).catch(
      () => null,
    );
    if (!part?.window || !part.hop || !part.values.length) return;
    const now = this.#growing?.job === job.id ? this.#growing.curve : null;
    if ((now?.values.length ?? 0) !== known) return; // another answer was faster
    const buffer = roomFor(now?.values, known + part.values.length);
    const values = new Float32Array(buffer, 0, known + part.values.length);
    values.set(
      part.values.map((value) => value ?? NaN),
      known,
    );
    this.#growing = { job: job.id, curve: { first: part.window / 2, hop: part.hop, values } };
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    let asked: number | null = null;
    while (this.#trying !== null && this.track && asked !== this.#trying) {
      asked = this.#trying;
      const [id, threshold] = [this.track.id, asked];
      const params = { path: { id }, query: { threshold } };
      const proposals = await attempt(() => ask(api.GET("/api/tracks/{id}/proposals", { params })));
      if (!proposals) break;
      if (this.#trying !== null) this.proposals = proposals;
    }
    this.#asking = false;
  }
}

async function fetchCurve({ id, window, hop }: TrackRow): Promise<Curve> {
  const answer = await request(`/api/tracks/${id}/values`);
  return { first: window / 2, hop, values: new Float32Array(await answer.arrayBuffer()) };
}

/** A buffer that begins with some values and has room for more; doubled when full, so that growing stays cheap. */
function roomFor(values: Float32Array | undefined, count: number): ArrayBuffer {
  if (values && values.buffer.byteLength >= count * 4) return values.buffer as ArrayBuffer;
  const grown = new Float32Array(Math.max(GROWTH, 2 * count));
  if (values) grown.set(values);
  return grown.buffer;
}
