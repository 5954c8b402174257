// What of a recording is on the screen, and the signal for it.

import { untrack } from "svelte";
import { api, ask, type MontageRow, type RecordingDetail } from "../api/client";
import { fetchSignal, type SignalPage } from "../api/signal";
import { clock, elapsed } from "../time";
import { display } from "./display.svelte";
import { type Look, Tiles } from "./tiles";

export class Viewport {
  start = $state(0); // seconds
  width = $state(0); // of the traces, in CSS pixels
  hidden = $state.raw<ReadonlySet<string>>(new Set()); // labels of channels that are not shown
  retries = $state(0); // how often the reader said to try again
  gains = $state.raw<ReadonlyMap<string, number>>(new Map()); // of labels, beside the sensitivity
  pointed = $state<string | null>(null); // label of the channel whose name the pointer is on
  montages = $state.raw<MontageRow[]>([]);
  #order = $state.raw<ReadonlyMap<string, number>>(new Map()); // places of labels, where they are not the montage's
  #arrivals = $state(0);
  #known = $state.raw<{ montage: string; channels: SignalPage["channels"] } | null>(null);
  #tiles: Tiles;
  #shown: SignalPage[] = [];
  #labels: string[] = [];

  /** The wanted montage where it can be made, otherwise the channels as recorded. */
  readonly montage = $derived<MontageRow>(
    this.montages.find(({ name, available }) => available && name === display.now.montage) ?? this.montages[0],
  );
  /** Frequencies from here on cannot be filtered. */
  readonly nyquist = $derived.by(() => Math.max(...this.recording.channel_list.map(({ rate }) => rate)) / 2);
  readonly seconds = $derived(display.now.seconds);
  readonly look = $derived<Look>({
    montage: this.montage.id,
    highPass: this.#below(display.now.highPass),
    lowPass: this.#below(display.now.lowPass),
    notch: this.#below(display.now.notch),
    seconds: this.seconds,
    pixels: Math.max(64, Math.ceil((this.width * devicePixelRatio) / 64) * 64), // few steps, so that resizing keeps pages
  });
  /** Pages that are there for the screen. */
  readonly pages = $derived.by(() => {
    void this.#arrivals;
    const pages = this.#tiles.at(this.look, this.start);
    const same = pages.length === this.#shown.length && pages.every((page, index) => page === this.#shown[index]);
    if (!same) this.#shown = pages; // else nothing is drawn again because a neighbour has come
    return this.#shown;
  });
  readonly complete = $derived.by(() => {
    void this.#arrivals;
    return this.#tiles.covers(this.look, this.start);
  });
  readonly fault = $derived.by(() => {
    void this.#arrivals;
    return this.#tiles.fault(this.look, this.start);
  });
  /** The channels, known since the first page of this montage. */
  readonly channels = $derived(
    this.pages[0]?.channels ?? (this.#known?.montage === this.montage.id ? this.#known.channels : []),
  );
  /** All of them, from top to bottom. */
  readonly ordered = $derived.by(() => {
    const place = (row: number): number => this.#order.get(this.channels[row].label) ?? Infinity;
    return this.channels.map((_, row) => row).sort((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : a - b));
  });
  /** Which of them are shown, from top to bottom. */
  readonly rows = $derived(this.ordered.filter((row) => !this.hidden.has(this.channels[row].label)));
  /** Those that are no voltages: breath, temperature, marks. Montages hold voltages only. */
  readonly fitted = $derived.by(() => {
    const others = new Set(this.recording.channel_list.filter(({ unit }) => unit !== "uV").map(({ label }) => label));
    return new Set(this.montage.id === "recorded" ? this.rows.filter((row) => others.has(this.channels[row].label)) : []);
  });
  readonly labels = $derived.by(() => {
    const labels = this.rows.map((row) => this.channels[row].label);
    const same = labels.length === this.#labels.length && labels.every((label, row) => label === this.#labels[row]);
    if (!same) this.#labels = labels; // else events are not made ready anew for each page
    return this.#labels;
  });

  constructor(readonly recording: RecordingDetail) {
    const read = (look: Look, start: number, seconds: number, signal: AbortSignal): Promise<SignalPage> =>
      fetchSignal(address(recording.id, look, start, seconds), signal) as Promise<SignalPage>;
    this.montages = recording.montages;
    this.#tiles = new Tiles(read, recording.duration, () => this.#arrivals++);
  }

  /** Fetch what the screen needs, then what may come next; to be called in an effect. */
  fetch(soon: readonly number[]): void {
    void this.#arrivals;
    if (!this.width) return;
    this.#tiles.want(
      this.look,
      this.start,
      soon.map((time) => this.within(time)),
    );
    const [page] = this.pages;
    if (page && untrack(() => this.#known?.channels) !== page.channels)
      this.#known = { montage: this.montage.id, channels: page.channels };
  }

  retry(): void {
    this.retries++;
    this.#tiles.retry();
    this.#arrivals++;
  }

  close(): void {
    this.#tiles.close();
  }

  /** Ask again which montages there are. */
  async reloadMontages(): Promise<void> {
    const path = { id: this.recording.id };
    this.montages = (await ask(api.GET("/api/recordings/{id}", { params: { path } }))).montages;
  }

  /** Put a channel in the place of another that is shown. */
  moveChannel(label: string, place: string): void {
    const labels = [...new Set(this.ordered.map((row) => this.channels[row].label))];
    const [from, to] = [labels.indexOf(label), labels.indexOf(place)];
    if (from < 0 || to < 0 || from === to) return;
    labels.splice(to, 0, ...labels.splice(from, 1));
    this.#order = new Map(labels.map((each, index) => [each, index]));
  }

  setGain(label: string, gain: number): void {
    const gains = new Map(this.gains);
    if (gain === 1) gains.delete(label);
    else gains.set(label, gain);
    this.gains = gains;
  }

  /** All channels, in the order and at the gain of the montage. */
  resetChannels(): void {
    this.hidden = new Set();
    this.gains = new Map();
    this.#order = new Map();
  }

  /** Whether channels were moved. */
  get reordered(): boolean {
    return this.#order.size > 0;
  }

  /** Where a page may begin. */
  within(start: number): number {
    return Math.max(0, Math.min(start, this.recording.duration - this.seconds));
  }

  go(start: number): void {
    this.start = this.within(start);
  }

  /** A time as the reader wants times: by the clock on the wall, or from the start. */
  words(time: number, decimals = 0): string {
    const { started_at } = this.recording;
    return display.now.clock && started_at ? clock(started_at, time, decimals) : elapsed(time, decimals);
  }

  #below(frequency: number | null): number | null {
    return frequency !== null && frequency < this.nyquist ? frequency : null;
  }
}

function address(id: string, look: Look, start: number, seconds: number): string {
  const query = new URLSearchParams({
    start: String(start),
    seconds: String(seconds),
    pixels: String(look.pixels),
    montage: look.montage,
  });
  if (look.highPass !== null) query.set("high_pass", String(look.highPass));
  if (look.lowPass !== null) query.set("low_pass", String(look.lowPass));
  if (look.notch !== null) query.set("notch", String(look.notch));
  return `/api/recordings/${id}/page?${query}`;
}
