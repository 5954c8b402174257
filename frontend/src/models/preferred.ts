// Which model Find uses: remembered in the browser, one for recordings and one for images.

import type { ModelRow } from "../api/client";

const KEPT: Record<ModelRow["judges"], string> = { recordings: "semeia.model", images: "semeia.image-model" };

export const preferred = (judges: ModelRow["judges"]): string | null => localStorage.getItem(KEPT[judges]);

export const prefer = (judges: ModelRow["judges"], name: string): void => localStorage.setItem(KEPT[judges], name);
