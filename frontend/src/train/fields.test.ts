import { describe, expect, it } from "vitest";
import { fieldOf, fieldsOf, shownValue, typed, withKey } from "./fields";

const SCHEMA = {
  $defs: {
    Training: {
      required: ["epochs"],
      properties: {
        epochs: { type: "integer", description: "at most" },
        optimiser: { enum: ["adamw", "sgd"], type: "string", default: "adamw" },
        clip: { anyOf: [{ type: "number" }, { type: "null" }], default: null },
        threshold: { anyOf: [{ type: "number" }, { const: "validation", type: "string" }], default: "validation" },
        validation: { anyOf: [{ type: "array" }, { type: "number" }], default: 0.2 },
        dropouts: { $ref: "#/$defs/Dropouts" },
        balance: { type: "boolean", default: true },
        kind: { const: "detection", type: "string" },
      },
    },
  },
};

describe("fields", () => {
  it("come from a table's schema, without tables in it", () => {
    const fields = fieldsOf(SCHEMA, "Training");
    expect(fields.map(({ key, kind }) => [key, kind])).toEqual([
      ["epochs", "number"],
      ["optimiser", "choice"],
      ["clip", "number"],
      ["threshold", "choice"],
      ["validation", "list"],
      ["balance", "switch"],
    ]);
    expect(fields[0]).toMatchObject({ whole: true, needed: true, help: "At most." });
    expect(fields[3]).toMatchObject({ free: true, choices: ["validation"] });
    expect(fields[2].initial).toBeUndefined();
  });

  it("come from what a docstring says", () => {
    const gain = { name: "gain", kind: '{"fixed", "adaptive"}', default: '"fixed"', description: "How (semeia.x)" };
    expect(fieldOf(gain)).toMatchObject({ kind: "choice", choices: ["fixed", "adaptive"], initial: "fixed", help: "How." });
    expect(fieldOf({ name: "rate", kind: "float", default: "needed", description: "Hz" })).toMatchObject({
      kind: "number",
      needed: true,
    });
    expect(fieldOf({ name: "size", kind: "int or sequence of int", default: "96", description: "" }).kind).toBe("list");
  });

  it("take what is typed, and say so when it cannot be", () => {
    const [epochs, , , threshold, validation] = fieldsOf(SCHEMA, "Training");
    expect([typed(epochs, "3"), typed(epochs, "3.5"), typed(epochs, " ")]).toEqual([3, null, undefined]);
    expect([typed(threshold, "0,4"), typed(threshold, "much")]).toEqual([0.4, null]);
    expect([typed(validation, "a, b"), typed(validation, "1, 2"), typed(validation, "[")]).toEqual([["a", "b"], [1, 2], null]);
    expect([typed(validation, "0.5"), typed(validation, "0,5")]).toEqual([0.5, 0.5]);
    expect([shownValue(["a", "b"]), shownValue({ x: 1 }), shownValue(undefined)]).toEqual(["a, b", '{"x":1}', ""]);
  });

  it("leave out what is cleared", () => {
    expect(withKey({ a: 1, b: 2 }, "a", undefined)).toEqual({ b: 2 });
    expect(withKey({ b: 2 }, "a", false)).toEqual({ a: false, b: 2 });
  });
});
