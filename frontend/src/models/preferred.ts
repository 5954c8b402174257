// Which model Find uses, and from which probability on: remembered in the browser.

import type { ModelRow } from "../api/client";

const KEPT: Record<ModelRow["judges"], string> = { recordings: "semeia.model", images: "semeia.image-model" };

export const preferred = (judges: ModelRow["judges"]): string | null => localStorage.getItem(KEPT[judges]);

export const prefer = (judges: ModelRow["judges"], name: string): void => localStorage.setItem(KEPT[judges], name);

const thresholdKey = (name: string): string => `semeia.threshold.${name}`;

/** From which probability on Find takes windows for a seizure; null: as the model has it. */
export function thresholdOf(name: string): number | null {
  const kept = localStorage.getItem(thresholdKey(name));
  return kept === null ? null : Number(kept);
}

export function setThreshold(name: string, threshold: number | null): void {
  if (threshold === null) localStorage.removeItem(thresholdKey(name));
  else localStorage.setItem(thresholdKey(name), String(threshold));
}
