// Which place the page shows: the address, read and written.

export const PLACES = ["library", "review", "label", "train", "models"] as const;
export type Place = (typeof PLACES)[number];

interface Address {
  place: Place;
  id: string | null;
  set: string | null;
  at: number | null;
  picture: string | null;
}

function readAddress(): Address {
  const [, first = "", second = "", third = ""] = location.pathname.split("/");
  const query = new URLSearchParams(location.search);
  const at = Number.parseFloat(query.get("at") ?? "");
  return {
    place: PLACES.find((name) => name === first) ?? "library",
    id: second === "images" ? null : second || null,
    set: second === "images" ? third || null : null,
    at: Number.isFinite(at) ? at : null,
    picture: query.get("picture"),
  };
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

  /** The image set, where the place is about one. */
  get set(): string | null {
    return this.#now.set;
  }

  /** The picture of the set. */
  get picture(): string | null {
    return this.#now.picture;
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
