// What may stand in a recipe's table, as fields of a form: from its JSON schema, or from what a catalogue says.

export type Table = Record<string, unknown>;

export interface Field {
  key: string;
  kind: "number" | "switch" | "choice" | "text" | "list";
  whole: boolean; // of numbers
  choices: string[];
  free: boolean; // of choices and lists: a number too
  initial: unknown; // what holds where the key is not there
  needed: boolean;
  help: string;
}

interface Schema {
  $ref?: string;
  type?: string;
  enum?: (string | number)[];
  const?: string;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  default?: unknown;
  description?: string;
  $defs?: Record<string, Schema>;
}

export interface Parameter {
  name: string;
  kind: string;
  default: string;
  description: string;
}

const field = (key: string, more: Partial<Field>): Field => ({
  key,
  kind: "text",
  whole: false,
  choices: [],
  free: false,
  initial: undefined,
  needed: false,
  help: "",
  ...more,
});

/** The fields of a table, such as `Training`; tables within it are left out. */
export function fieldsOf(schema: Schema, table: string): Field[] {
  const definition = schema.$defs?.[table] ?? {};
  const properties = Object.entries(definition.properties ?? {}).filter(
    ([, property]) => !property.$ref && property.const === undefined,
  );
  return properties.map(([key, property]) => ({
    ...field(key, shapeOf(property)),
    initial: property.default ?? undefined,
    needed: definition.required?.includes(key) ?? false,
    help: sentence(property.description ?? ""),
  }));
}

function shapeOf(property: Schema): Partial<Field> {
  const kinds = (property.anyOf ?? [property]).filter(({ type }) => type !== "null");
  const choices = kinds.flatMap((kind) => kind.enum ?? (kind.const === undefined ? [] : [kind.const])).map(String);
  const numbers = kinds.filter(({ type, enum: listed }) => (type === "number" || type === "integer") && !listed);
  if (choices.length) return { kind: "choice", choices, free: numbers.length > 0, whole: kinds[0].type === "integer" };
  if (kinds[0]?.type === "boolean") return { kind: "switch" };
  if (kinds.length === 1 && numbers.length) return { kind: "number", whole: kinds[0].type === "integer" };
  if (kinds.some(({ type }) => type === "array")) return { kind: "list", free: numbers.length > 0 };
  return { kind: "text" };
}

/** The field of something's parameter, as its docstring describes it. */
export function fieldOf({ name, kind, default: given, description }: Parameter): Field {
  const common = { needed: given === "needed", initial: parse(given), help: sentence(description) };
  const choices = /^\{(.*)\}/.exec(kind)?.[1].split(",").map((one) => one.trim().replace(/^["']|["']$/g, "")) ?? [];
  if (choices.length) return field(name, { ...common, kind: "choice", choices });
  if (/^bool/.test(kind)) return field(name, { ...common, kind: "switch" });
  if (/^(int|float)\b(?!.*(or|sequence|list))/.test(kind))
    return field(name, { ...common, kind: "number", whole: kind.startsWith("int") });
  if (/sequence|list|tuple/.test(kind)) return field(name, { ...common, kind: "list" });
  return field(name, common);
}

function parse(given: string): unknown {
  if (given === "needed" || given === "not set") return undefined;
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

const sentence = (text: string): string => {
  const plain = text.replace(/\s*\(semeia[^)]*\)/g, "").trim();
  return plain && plain.replace(/^[a-z]/, (first) => first.toUpperCase()) + (/[.!?]$/.test(plain) ? "" : ".");
};

/** What is typed, as the recipe takes it; undefined for nothing, null for what cannot be. */
export function typed({ kind, whole, free }: Field, text: string): unknown {
  const said = text.trim();
  if (!said) return undefined;
  if (kind === "number" || (free && kind === "choice")) {
    const number = Number(said.replace(",", "."));
    if (Number.isFinite(number) && (!whole || Number.isInteger(number))) return number;
    return null;
  }
  if (kind !== "list") return /^[[{]/.test(said) ? (parse(said) as unknown) : said;
  if (said.startsWith("[")) return Array.isArray(parse(said)) ? parse(said) : null;
  if (free && Number.isFinite(Number(said.replace(",", ".")))) return Number(said.replace(",", "."));
  const parts = said.split(",").map((part) => part.trim());
  return parts.every((part) => part && Number.isFinite(Number(part))) ? parts.map(Number) : parts.filter(Boolean);
}

/** A value as one types it. */
export function shownValue(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value) && value.every((one) => ["string", "number"].includes(typeof one))) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A key in words: `examples_per_epoch` is “Examples per epoch”. */
export const words = (key: string): string => key.replaceAll("_", " ").replace(/^[a-z]/, (first) => first.toUpperCase());

/** A table with a key set, or without it. */
export function withKey(table: Table, key: string, value: unknown): Table {
  const { [key]: _, ...rest } = table;
  return value === undefined ? rest : { ...table, [key]: value };
}
