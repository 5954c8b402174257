// The recipe that is being written: a table that the form changes, its TOML, and what the server says of both.

import { api, ask, ApiError, request } from "../api/client";
import type { components } from "../api/schema";
import type { Table } from "./fields";
import { withKey } from "./fields";

type Schemas = components["schemas"];
export type Read = Schemas["Read"];
export type Form = Schemas["Form"];
export type Frozen = Schemas["Frozen"];

export interface Estimate {
  faults: string[];
  notes: string[];
  said: Record<string, string[]>;
  shape: number[] | null;
  rate: number | null;
  channels: number | null;
  parameters: number | null;
  bytes: number | null;
  seconds: number | null;
}

const KEPT = "semeia.recipe";
const SOON = 150; // milliseconds until what was typed is read
const STILL = 700; // until it is tried out

/** A network to begin with, and all that it needs, for recordings. */
export const FOR_RECORDINGS: Table = {
  name: "my-model",
  description: "",
  seed: 1,
  data: [],
  examples: { window: 8, step: 2, montage: "any" },
  split: { validation: 0.25 },
  transform: { name: "raw", rate: 100, high_pass: 0.5, scale: 50, clip: 8 },
  network: { name: "channelwise" },
  augmentation: { channels: true, amplitude: 1.3, invert: true },
  training: { epochs: 12, examples_per_epoch: 4096, learning_rate: 0.002, weight_decay: 0.01, clip: 1 },
  detection: { smoothing: 9, minimum_duration: 8, merge_gap: 10 },
};

/** The same for images. */
export const FOR_IMAGES: Table = {
  name: "my-model",
  description: "",
  seed: 1,
  data: [],
  task: { kind: "images", classes: [] },
  split: { validation: 0.2 },
  transform: { name: "image", size: 96 },
  network: { name: "small-resnet" },
  augmentation: { rotation: 5, zoom: [1, 1.2] },
  training: { epochs: 16, examples_per_epoch: 2048, learning_rate: 0.002, weight_decay: 0.01 },
};

export class Draft {
  table = $state.raw<Table>(recalled());
  read = $state.raw<Read | null>(null);
  estimate = $state.raw<Estimate | null>(null);
  #estimated = $state(""); // the TOML that it is of
  problem = $state(""); // why there is no estimate
  #soon: ReturnType<typeof setTimeout> | undefined;
  #still: ReturnType<typeof setTimeout> | undefined;
  #latest = 0;

  readonly images = $derived((this.table.task as Table | undefined)?.kind === "images");
  readonly toml = $derived(this.read?.toml ?? "");
  /** What is wrong, the first thing first. */
  readonly faults = $derived.by(() => {
    if (!(this.table.data as unknown[] | undefined)?.length) return ["Choose the data first."];
    const first = this.read?.fault || this.read?.layers_fault;
    return first ? [first] : (this.estimate?.faults ?? []);
  });

  /** Whether the recipe has changed since it was tried out. */
  readonly stale = $derived(this.#estimated !== this.toml);

  of = (table: string): Table => (this.table[table] as Table | undefined) ?? {};

  /** Set a key of a table, or take it away. */
  set(table: string, key: string, value: unknown): void {
    this.put(table, withKey(this.of(table), key, value));
  }

  /** Put a whole table in its place; an empty one is left out. */
  put(table: string, value: unknown): void {
    const empty = value === undefined || (typeof value === "object" && !Object.keys(value as object).length);
    this.#take(withKey(this.table, table, empty && table !== "data" ? undefined : value));
  }

  /** Begin with another recipe. */
  begin(table: Table): void {
    this.#take({ ...table, data: table.data ?? [] });
  }

  /** Take TOML as it is typed; what is none is said, and the form stays as it was. */
  async type(toml: string): Promise<void> {
    const mine = ++this.#latest;
    const read = await ask(api.POST("/api/recipes", { body: { toml, recipe: null } }));
    if (mine !== this.#latest) return;
    this.read = read;
    if (Object.keys(read.recipe).length) {
      this.table = read.recipe;
      keep(this.table);
      this.#try();
    }
  }

  /** Read what is there now. */
  async look(): Promise<void> {
    const mine = ++this.#latest;
    const read = await ask(api.POST("/api/recipes", { body: { recipe: this.table, toml: null } }));
    if (mine !== this.#latest) return;
    this.read = read;
    this.#try();
  }

  #take(table: Table): void {
    this.table = table;
    keep(table);
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.look().catch(() => undefined), SOON);
  }

  #try(): void {
    clearTimeout(this.#still);
    if (this.read?.fault || this.read?.layers_fault || !(this.table.data as unknown[]).length) {
      this.estimate = null;
      return;
    }
    const { toml } = this.read!;
    this.#still = setTimeout(async () => {
      try {
        const found = await looked("/api/recipes/estimate", toml, () => toml === this.read?.toml);
        if (found && toml === this.read?.toml) [this.estimate, this.problem, this.#estimated] = [(await found.json()) as Estimate, "", toml];
      } catch (error) {
        if (error instanceof ApiError) [this.estimate, this.problem] = [null, error.message];
      }
    }, STILL);
  }
}

/** What a job finds out about a recipe, asked for until it is there; null once it is no longer wanted. */
export async function looked(address: string, toml: string, wanted: () => boolean): Promise<Response | null> {
  const headers = { "Content-Type": "application/json" };
  for (let job = "", wait = 150; wanted(); wait = Math.min(1000, wait * 1.3)) {
    const answer = await request(address, { method: "POST", headers, body: JSON.stringify({ toml, job }) });
    if (answer.status !== 202) return answer;
    job = ((await answer.json()) as { job: string }).job;
    await new Promise((resume) => setTimeout(resume, wait));
  }
  return null;
}

function recalled(): Table {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "") as Table;
    return kept && typeof kept === "object" ? kept : FOR_RECORDINGS;
  } catch {
    return FOR_RECORDINGS;
  }
}

const keep = (table: Table): void => localStorage.setItem(KEPT, JSON.stringify(table));
