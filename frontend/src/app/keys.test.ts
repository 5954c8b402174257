import { expect, test } from "vitest";
import { chord, shown } from "./keys.svelte";

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
