// What was reviewed last: a recording, or an image set; opened again where the address names none.

const KEPT = "semeia.last";
const IMAGES = "images/";

/** The id of the recording that was reviewed last, if it was a recording. */
export function lastReviewed(): string | null {
  const last = localStorage.getItem(KEPT);
  return last?.startsWith(IMAGES) ? null : last;
}

/** The id of the image set that was reviewed last, if it was an image set. */
export function lastSet(): string | null {
  const last = localStorage.getItem(KEPT);
  return last?.startsWith(IMAGES) ? last.slice(IMAGES.length) : null;
}

/** Remember what is reviewed; null forgets it. */
export function nowReviewed(id: string | null, images = false): void {
  if (id) localStorage.setItem(KEPT, images ? IMAGES + id : id);
  else localStorage.removeItem(KEPT);
}
