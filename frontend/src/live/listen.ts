// The server's event stream, opened again whenever it breaks.

export interface Message {
  kind: "job" | "events" | "library" | "track" | "verdict" | "queue" | "live"; // live: whether the stream stands
  data: unknown;
}

const KINDS = ["job", "events", "library", "track", "verdict", "queue"] as const;

/** Pass on what the stream says; returns whether it stands. */
export function listen(pass: (message: Message) => void): () => boolean {
  let live = false;
  const become = (now: boolean): void => {
    if (now !== live) pass({ kind: "live", data: now });
    live = now;
  };
  const open = (): void => {
    const source = new EventSource("/api/stream");
    source.onopen = () => become(true);
    source.onerror = () => {
      become(false);
      if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
      source.close();
      setTimeout(open, 3000);
    };
    for (const kind of KINDS)
      source.addEventListener(kind, ({ data }) => pass({ kind, data: JSON.parse(data as string) }));
  };
  open();
  return () => live;
}
