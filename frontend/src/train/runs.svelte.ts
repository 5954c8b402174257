// What was trained and what trains now: records of runs, and the jobs that write them, as they come over the stream.

import { api, ask, type JobRow } from "../api/client";
import type { components } from "../api/schema";
import { attempt } from "../app/notices.svelte";
import { stream } from "../live/stream.svelte";

type Schemas = components["schemas"];
export type RunRow = Schemas["RunRow"];
export type RunDetail = Schemas["RunDetail"];
export type Study = Schemas["Study"];

const KINDS = ["train", "folds", "search"];

/** One line of the list: a run, a job that has no record yet, or several trainings as one. */
export interface Entry {
  id: string; // of the run, or of the job
  title: string;
  run: RunRow | null;
  job: JobRow | null;
  began: string;
}

export class Runs {
  runs = $state.raw<RunRow[]>([]);
  jobs = $state.raw<JobRow[]>([]);
  loaded = $state(false);
  #soon: ReturnType<typeof setTimeout> | undefined;

  /** The list, the latest first: the runs that folds and searches make stand under their job. */
  readonly entries = $derived.by<Entry[]>(() => {
    const jobs = this.jobs.filter(({ kind }) => KINDS.includes(kind));
    const known = new Set(this.runs.map(({ job }) => job));
    const waiting = jobs.filter(({ id, kind }) => kind !== "train" || !known.has(id));
    const listed: Entry[] = [
      ...this.runs.filter(({ study }) => !study).map((run) => ({
        id: run.id,
        title: run.model || run.id,
        run,
        job: jobs.find(({ id }) => id === run.job) ?? null,
        began: run.started,
      })),
      ...waiting.map((job) => ({ id: job.id, title: String(job.parameters.name), run: null, job, began: job.created_at })),
    ];
    return listed.sort((a, b) => (a.began < b.began ? 1 : -1));
  });

  /** Fetch what there is, and follow it; returns how to stop. */
  follow(): () => void {
    const stops = [
      stream.on("job", (job) => this.#heard(job)),
      stream.on("live", (live) => live && void this.load()),
    ];
    void this.load();
    return () => {
      clearTimeout(this.#soon);
      stops.forEach((stop) => stop());
    };
  }

  async load(): Promise<void> {
    const found = await attempt(() => Promise.all([ask(api.GET("/api/runs")), ask(api.GET("/api/jobs"))]));
    if (found) [this.runs, this.jobs, this.loaded] = [...found, true];
  }

  #heard(job: JobRow): void {
    if (!KINDS.includes(job.kind)) return;
    const before = this.jobs.find(({ id }) => id === job.id);
    this.jobs = [job, ...this.jobs.filter(({ id }) => id !== job.id)];
    const began = job.doing === "train" && !this.runs.some((run) => run.job === job.id);
    if (began || before?.state !== job.state) {
      clearTimeout(this.#soon);
      this.#soon = setTimeout(() => void this.load(), 100);
    }
  }
}

/** How long, as 40 s, 12 min or 3 h 5 min. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A measure as one reads it. */
export const figure = (value: number | null | undefined): string =>
  value == null ? "–" : Math.abs(value) >= 100 ? value.toFixed(0) : String(+value.toPrecision(3));

/** What a measure is called: `validation_auroc` is “validation AUROC”. */
export const measure = (key: string): string => key.replaceAll("_", " ").replace(/\bauroc\b/, "AUROC");
