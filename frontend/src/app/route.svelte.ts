// Which place the page shows: the address, read and written.

export const PLACES = ["library", "review", "label", "train", "models"] as const;
export type Place = (typeof PLACES)[number];

function readAddress(): { place: Place; id: string | null; at: number | null } {
  const [, first = "", id = ""] = location.pathname.split("/");
  const at = Number.parseFloat(new URLSearchParams(location.search).get("at") ?? "");
  const place = PLACES.find((name) => name === first) ?? "library";
  return { place, id: id || null, at: Number.isFinite(at) ? at : null };
}

class Route {
  #now = $state.raw(readAddress());

  constructor() {
    addEventListener("popstate", () => (this.#now = readAddress()));
  }

  get place(): Place {
    return this.#now.place;
  }

  /** The recording, where the place is about one. */
  get id(): string | null {
    return this.#now.id;
  }

  /** Seconds into the recording. */
  get at(): number | null {
    return this.#now.at;
  }

  go(address: string): void {
    if (address === location.pathname + location.search) return;
    history.pushState(null, "", address);
    this.#now = readAddress();
  }

  /** Write where one is into the address, so that reloading comes back here; the page stays as it is. */
  note(address: string): void {
    history.replaceState(null, "", address);
  }
}

export const route = new Route();

/** Let a link to a place of the page be followed without loading the page again. */
export function follow(event: MouseEvent): void {
  const link = (event.target as Element).closest?.("a[href^='/']");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  route.go(link.getAttribute("href")!);
}
