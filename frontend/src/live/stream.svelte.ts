// What the server says by itself: jobs, marks of other tabs, new recordings; to whoever asked to hear it.

import type { JobRow, VerdictRow } from "../api/client";
import { listen, type Message } from "./listen";

interface Heard {
  job: JobRow;
  events: { recording: string; ids: string[] | null }; // of the new rows; null: many
  library: Record<string, never>;
  track: { recording: string; id: string };
  verdict: { set: string; picture: string; verdict: VerdictRow | null };
  queue: { queue: string }; // was answered, or has learnt
  live: boolean; // whether the stream stands; when it stands again, what was missed must be asked for
}

type Hearer = (data: never) => void;

class Stream {
  live = $state(false);
  #hearers = new Map<string, Set<Hearer>>();

  /** Open the stream: through the browser's shared worker, or, where there is none, for this tab alone. */
  open(): void {
    if (typeof SharedWorker === "undefined") {
      listen((message) => this.#hear(message));
      return;
    }
    const worker = new SharedWorker(new URL("./stream.worker.ts", import.meta.url), { type: "module", name: "semeia" });
    worker.port.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
    window.addEventListener("pagehide", () => worker.port.postMessage("bye"));
    window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  }

  /** Call back at each message of a kind; returns how to stop. */
  on<Kind extends keyof Heard>(kind: Kind, hearer: (data: Heard[Kind]) => void): () => void {
    const hearers = this.#hearers.get(kind) ?? new Set();
    this.#hearers.set(kind, hearers.add(hearer as Hearer));
    return () => hearers.delete(hearer as Hearer);
  }

  #hear({ kind, data }: Message): void {
    if (kind === "live") this.live = data as boolean;
    for (const hearer of this.#hearers.get(kind) ?? []) hearer(data as never);
  }
}

export const stream = new Stream();
