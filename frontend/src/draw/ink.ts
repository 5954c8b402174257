// The colours that drawings use: those of the page's style sheet, light or dark.

import type { Side } from "../api/signal";

export interface Ink {
  paper: string;
  text: string;
  faint: string; // secondary text
  grid: string;
  gridStrong: string;
  gap: string;
  accent: string;
  person: string;
  model: string;
  rejected: string;
  side: Record<Side, string>;
  font: string;
}

/** Read the colours that hold at an element. */
export function inkOf(element: Element): Ink {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`);
  return {
    paper: colour("paper"),
    text: colour("text"),
    faint: colour("faint"),
    grid: colour("grid"),
    gridStrong: colour("grid-strong"),
    gap: colour("gap"),
    accent: colour("accent"),
    person: colour("person"),
    model: colour("model"),
    rejected: colour("rejected"),
    side: { left: colour("left"), right: colour("right"), midline: colour("midline"), other: colour("other") },
    font: style.fontFamily,
  };
}
