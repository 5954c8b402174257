// Keys: each place names its commands once; the same list acts and is shown under `?`.

import { untrack } from "svelte";

export interface Command {
  keys: string[]; // as `chord` writes them; any of them
  says: string; // empty: it acts, and is not worth telling
  act: () => void;
}

export interface Group {
  title: string;
  commands: Command[];
}

let list = $state.raw<Group[]>([]);

/** The groups of commands that hold now. */
export const commandGroups = (): Group[] => list;

/** The groups without what does not act: of a key that several groups have, the latest is the one that acts. */
export function acting(groups: readonly Group[]): Group[] {
  const taken = new Set<string>();
  const kept = groups.toReversed().map(({ title, commands }) => {
    const free = commands.map((command) => ({ ...command, keys: command.keys.filter((key) => !taken.has(key)) }));
    for (const { keys } of free) for (const key of keys) taken.add(key);
    return { title, commands: free.filter(({ keys, says }) => keys.length && says) };
  });
  return kept.filter(({ commands }) => commands.length).reverse();
}

/** Let a component's commands hold while it is there. */
export function useCommands(title: string, commands: Command[]): void {
  const group = { title, commands };
  $effect(() => {
    list = [...untrack(() => list), group];
    return () => (list = list.filter((other) => other !== group));
  });
}

/** A pressed key with what was held, as in `Ctrl+z`, `Shift+ArrowLeft`, `J`. */
export function chord(event: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const sign = event.key.length === 1 && key === event.key.toUpperCase(); // a sign such as ? or +: Shift is part of it
  const shift = event.shiftKey && !sign ? "Shift+" : "";
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${shift}${key}`;
}

/** The command for a pressed key, unless the key belongs to a field or a dialog. */
export function commandFor(event: KeyboardEvent): Command | undefined {
  const target = event.target as HTMLElement;
  if (target.closest("dialog, input:not([type=checkbox], [type=range]), textarea, [contenteditable]")) return undefined;
  const pressed = chord(event);
  if (target.closest("select, input[type=range], [role=radiogroup]") && /^(Arrow|Home|End|Page)/.test(pressed))
    return undefined;
  if (target.closest("button, a") && (pressed === "Enter" || pressed === " ")) return undefined;
  for (const { commands } of list.toReversed())
    for (const command of commands) if (command.keys.includes(pressed)) return command;
  return undefined;
}

const SHOWN: Record<string, string> = {
  ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc", Delete: "Del", "-": "−",
  Enter: "↵", Home: "Home", End: "End", PageUp: "PgUp", PageDown: "PgDn", Shift: "⇧", " ": "Space", Ctrl: "Ctrl", Alt: "Alt",
}; // prettier-ignore

/** A chord as one reads it on the keys. */
export function shown(chord: string): string[] {
  const parts = chord === "+" ? ["+"] : chord.split("+");
  return parts.map((part) => SHOWN[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}
