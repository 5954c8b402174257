import { expect, test } from "vitest";
import { acting, chord, shown } from "./keys.svelte";

const held = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };

test.each([
  [{ key: "j" }, "j"],
  [{ key: "J", shiftKey: true }, "Shift+j"],
  [{ key: "?", shiftKey: true }, "?"],
  [{ key: "+", shiftKey: true }, "+"],
  [{ key: "ArrowLeft", shiftKey: true }, "Shift+ArrowLeft"],
  [{ key: "z", ctrlKey: true }, "Ctrl+z"],
  [{ key: "z", metaKey: true }, "Ctrl+z"],
])("%o is read as %s", (event, wanted) => {
  expect(chord({ ...held, ...event })).toBe(wanted);
});

test("chords are shown as the keys are labelled", () => {
  expect(shown("Shift+ArrowLeft")).toEqual(["⇧", "←"]);
  expect(shown("+")).toEqual(["+"]);
  expect(shown("Ctrl+z")).toEqual(["Ctrl", "Z"]);
});

test("of a key that two groups have, only the later one is shown", () => {
  const command = (keys: string[], says: string) => ({ keys, says, act: () => {} });
  const everywhere = { title: "Everywhere", commands: [command(["1"], "Library"), command(["d", "2"], "Dark")] };
  const here = { title: "Here", commands: [command(["1", "2"], "Class")] };
  const kept = acting([everywhere, here]).map(({ title, commands }) => [title, commands.map(({ keys }) => keys)]);
  expect(kept).toEqual([
    ["Everywhere", [["d"]]],
    ["Here", [["1", "2"]]],
  ]);
});
