// How a picture is looked at: how large, which part, and through which window.

import { type Frame, presets, type Window } from "./pixels";

const LARGEST = 64; // CSS pixels a pixel
const KEPT = "semeia.lens";

interface Kept {
  preset: string;
  inverted: boolean;
  opacity: number;
}

function remembered(): Kept {
  try {
    return { preset: "file", inverted: false, opacity: 0.5, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  } catch {
    return { preset: "file", inverted: false, opacity: 0.5 };
  }
}

export class Lens {
  width = $state(0); // of the place where it is drawn, in CSS pixels
  height = $state(0);
  frame = $state.raw<Frame | null>(null);
  #kept = $state.raw(remembered());
  #window = $state.raw<Window | null>(null); // one that the reader made; else the preset's
  #view = $state.raw<{ scale: number; x: number; y: number } | null>(null); // null: fitted

  readonly presets = $derived(this.frame ? presets(this.frame) : []);
  readonly preset = $derived(
    this.#window
      ? "own"
      : (this.presets.find(({ value }) => value === this.#kept.preset) ?? this.presets[0])?.value ?? "file",
  );
  readonly window = $derived<Window>(
    this.#window ?? this.presets.find(({ value }) => value === this.preset)?.window ?? [0, 1],
  );
  /** Whether low values are drawn white. */
  readonly inverted = $derived((this.frame?.inverted ?? false) !== this.#kept.inverted);
  readonly negative = $derived(this.#kept.inverted);
  readonly opacity = $derived(this.#kept.opacity);
  /** CSS pixels a pixel, and where the picture's corner lies. */
  readonly view = $derived.by(() => {
    if (this.#view || !this.frame) return this.#view ?? { scale: 1, x: 0, y: 0 };
    const scale = Math.min(this.width / this.frame.width, this.height / this.frame.height) || 1;
    const [x, y] = [(this.width - scale * this.frame.width) / 2, (this.height - scale * this.frame.height) / 2];
    return { scale, x, y };
  });
  readonly fitted = $derived(this.#view === null);

  /** Show another frame; of another picture, whole and through the chosen window. */
  show(frame: Frame, another: boolean): void {
    if (another) this.fit();
    if (another) this.#window = null;
    this.frame = frame;
  }

  fit(): void {
    this.#view = null;
  }

  /** Zoom by a factor at a place, which stays where it is. */
  zoom(by: number, x = this.width / 2, y = this.height / 2): void {
    if (!this.frame) return;
    const { scale, x: left, y: top } = this.view;
    const whole = Math.min(this.width / this.frame.width, this.height / this.frame.height);
    const wanted = Math.min(LARGEST, Math.max(Math.min(whole, 1) / 2, scale * by));
    const factor = wanted / scale;
    this.#view = { scale: wanted, x: x - (x - left) * factor, y: y - (y - top) * factor };
  }

  pan(dx: number, dy: number): void {
    const { scale, x, y } = this.view;
    const [w, h] = [scale * (this.frame?.width ?? 0), scale * (this.frame?.height ?? 0)];
    // Half of what can be seen stays in sight.
    const within = (at: number, size: number, room: number): number =>
      Math.max(Math.min(0, room - size) - room / 2, Math.min(Math.max(0, room - size) + room / 2, at));
    this.#view = { scale, x: within(x + dx, w, this.width), y: within(y + dy, h, this.height) };
  }

  /** Look through a window of one's own: `centre` and `width` in the picture's unit. */
  look(centre: number, width: number): void {
    const least = this.span / 1000;
    this.#window = [centre - Math.max(least, width) / 2, centre + Math.max(least, width) / 2];
  }

  get centre(): number {
    return (this.window[0] + this.window[1]) / 2;
  }
  get breadth(): number {
    return this.window[1] - this.window[0];
  }
  /** From the lowest to the highest value. */
  get span(): number {
    const [low, high] = this.frame?.range ?? [0, 1];
    return high - low || 1;
  }

  choose(preset: string): void {
    this.#window = null;
    this.#keep({ preset });
  }
  /** The next of the usual windows. */
  turn(): void {
    const index = this.presets.findIndex(({ value }) => value === this.preset);
    if (this.presets.length) this.choose(this.presets[(index + 1) % this.presets.length].value);
  }
  invert(): void {
    this.#keep({ inverted: !this.#kept.inverted });
  }
  blend(opacity: number): void {
    this.#keep({ opacity });
  }

  #keep(change: Partial<Kept>): void {
    this.#kept = { ...this.#kept, ...change };
    localStorage.setItem(KEPT, JSON.stringify(this.#kept));
  }
}
