// The address of a recording's report, as it is looked at now.

import type { Look } from "./tiles";

export interface Asked {
  reader: string;
  anonymous: boolean;
  channels: string[]; // those that are drawn; all when empty
}

export function reportAddress(
  id: string,
  look: Pick<Look, "montage" | "highPass" | "lowPass" | "notch">,
  asked: Asked,
): string {
  const query = new URLSearchParams({ montage: look.montage });
  if (look.highPass !== null) query.set("high_pass", String(look.highPass));
  if (look.lowPass !== null) query.set("low_pass", String(look.lowPass));
  if (look.notch !== null) query.set("notch", String(look.notch));
  for (const label of new Set(asked.channels)) query.append("channels", label);
  if (asked.reader) query.set("reader", asked.reader);
  if (asked.anonymous) query.set("anonymous", "true");
  return `/api/recordings/${id}/report?${query}`;
}
