// Parameters declared once: from a zod object come defaults, flags, help, JSON Schema and pacing.

import { z } from "zod";
import {
  type DurationUnit,
  formatDuration,
  LONGEST_DURATION_MS,
  parseDuration,
} from "./duration.ts";
import { UsageError } from "./errors.ts";

/** The value of one parameter. */
export type ParamValue = number | string | boolean;

/** Parameter values by name; durations in milliseconds. */
export type Params = Record<string, ParamValue>;

/** A scenario's parameters: a zod object whose fields were made by the functions of this file. */
export interface ParamsSchema {
  /** Checks values and fills in the defaults. Throws where one is out of bounds. */
  parse(values: unknown): Params;
  /** Each parameter's own schema, in the order of declaration. */
  readonly shape: Readonly<Record<string, ParamSchema>>;
}

/** The schema of one parameter. */
export interface ParamSchema {
  /** Checks one value. */
  safeParse(value: unknown): {
    /** Whether it is allowed. */
    success: boolean;
    /** The value, where it is. */
    data?: ParamValue | undefined;
  };
}

/** What of a target a duration must outlast that no setting shortens: the eviction of an idle object. */
export type Outlasted = "eviction";

/** What the lab knows of a parameter beside its zod type. */
export interface ParamMeta {
  /** The flag's name without dashes. */
  flag: string;
  /** One sentence for help texts, forms and docs. */
  description: string;
  /** `ms` for a duration; otherwise what is counted. */
  unit: string;
  /** The unit of a bare number given to the flag (durations only). */
  bareUnit?: DurationUnit;
  /** Whether pacing divides it: true for durations that the run itself takes. */
  paced: boolean;
  /** A pause that only has to be long enough: where a pace would make it too short, it is raised. */
  pause?: boolean;
  /** What of the target it must outlast; left out where it has to do with none of these. */
  outlasts?: Outlasted;
  /** The values that a choice allows. */
  choices?: readonly string[];
  /** What a text must look like, in words. */
  expected?: string;
  /** What a text looks like in a usage line, in capitals. */
  placeholder?: string;
}

const registry = z.registry<ParamMeta>();

/** Declares a duration, kept in milliseconds. */
export function durationParam(options: {
  flag: string;
  description: string;
  defaultMs: number;
  bareUnit: DurationUnit;
  minMs?: number;
  paced?: boolean;
  /** A pause that only has to be long enough. */
  pause?: boolean;
  /** What of the target it must outlast. */
  outlasts?: Outlasted;
}): z.ZodDefault<z.ZodNumber> {
  const { flag, description, bareUnit, paced = true, pause = false, outlasts } = options;
  return z.number().min(options.minMs ?? 0).max(LONGEST_DURATION_MS)
    .default(options.defaultMs).describe(`${description} (milliseconds)`)
    .register(registry, {
      flag,
      description,
      unit: "ms",
      bareUnit,
      paced,
      pause,
      ...(outlasts !== undefined && { outlasts }),
    });
}

/** Declares a whole number of something. */
export function countParam(options: {
  flag: string;
  description: string;
  default: number;
  min: number;
  max: number;
  unit?: string;
}): z.ZodDefault<z.ZodNumber> {
  const { flag, description, unit = "count" } = options;
  return z.number().int().min(options.min).max(options.max)
    .default(options.default).describe(description)
    .register(registry, { flag, description, unit, paced: false });
}

/** Declares one of several words. */
export function choiceParam<const T extends readonly [string, ...string[]]>(options: {
  flag: string;
  description: string;
  choices: T;
  default: T[number];
}): z.ZodDefault<z.ZodType<T[number], T[number]>> {
  const { flag, description, choices } = options;
  const type: z.ZodType<T[number], T[number]> = z.enum(choices);
  return type.default(options.default as never).describe(description)
    .register(registry, { flag, description, unit: "choice", paced: false, choices });
}

/** Declares something that is off unless its flag is given, which takes no value. */
export function switchParam(options: {
  flag: string;
  description: string;
}): z.ZodDefault<z.ZodBoolean> {
  const { flag, description } = options;
  return z.boolean().default(false).describe(description)
    .register(registry, { flag, description, unit: "switch", paced: false });
}

/** Declares a text, empty where nothing is said. */
export function textParam(options: {
  flag: string;
  description: string;
  default?: string;
  /** What it must look like, for the message. */
  expected: string;
  pattern: RegExp;
  /** What it looks like in a usage line, in capitals. Default: `TEXT`. */
  placeholder?: string;
}): z.ZodDefault<z.ZodString> {
  const { flag, description, expected, placeholder } = options;
  return z.string().regex(options.pattern).default(options.default ?? "").describe(description)
    .register(registry, {
      flag,
      description,
      unit: "text",
      paced: false,
      expected,
      ...(placeholder !== undefined && { placeholder }),
    });
}

/** One parameter of a schema with what is known of it. */
export interface ParamField extends ParamMeta {
  /** The parameter's name in `params` and in results. */
  name: string;
  /** Its value when nobody says otherwise; durations in milliseconds. */
  default: ParamValue;
}

/** The parameters of a schema in the order of their declaration. */
export function paramFields(schema: ParamsSchema): ParamField[] {
  const defaults = schema.parse({});
  return Object.entries(schema.shape).map(([name, type]) => {
    const meta = registry.get(type as unknown as z.ZodType);
    const value = defaults[name];
    if (meta === undefined || value === undefined) {
      throw new TypeError(`Parameter '${name}' was not made by a function of lab/params.ts`);
    }
    return { ...meta, name, default: value };
  });
}

/** What values look like, by their unit. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  ms: "DURATION",
  text: "TEXT",
  port: "PORT",
  bytes: "BYTES",
  "bytes/s": "BYTES/S",
};

/** What a field's values look like in a usage line: `DURATION`, `N`, `bug|fix`; empty for none. */
export function placeholderOf(field: ParamField): string {
  if (field.unit === "switch") return "";
  if (field.choices) return field.choices.join("|");
  if (field.placeholder !== undefined) return field.placeholder;
  return PLACEHOLDERS[field.unit] ?? "N";
}

/** A value of `field` as a person would read it: `60 s`, `3`, `finish`. */
export function formatParam(field: ParamField, value: ParamValue): string {
  return field.unit === "ms" ? formatDuration(Number(value)) : String(value);
}

/**
 * Reads the text that was given to a field's flag. A switch takes none: it is on once it is given.
 *
 * @throws {UsageError} naming the flag, what was received and what is allowed.
 */
export function parseParam(schema: ParamsSchema, field: ParamField, text: string): ParamValue {
  if (field.unit === "switch") return true;
  const value = field.bareUnit !== undefined
    ? within(field.flag, () => parseDuration(text, field.bareUnit ?? "ms"))
    : field.choices !== undefined || field.unit === "text"
    ? text
    : /^-?\d+$/.test(text.trim())
    ? Number(text)
    : Number.NaN;
  const parsed = schema.shape[field.name]?.safeParse(value);
  if (parsed?.success && parsed.data !== undefined) return parsed.data;
  throw new UsageError(
    `--${field.flag}: received '${text}', expected ${expectation(schema, field)}`,
  );
}

function within<T>(flag: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`--${flag}: ${error.message}`);
    throw error;
  }
}

function expectation(schema: ParamsSchema, field: ParamField): string {
  if (field.choices) return field.choices.join(" or ");
  if (field.expected !== undefined) return field.expected;
  const { minimum, maximum } = jsonSchemaOf(schema, field.name);
  return field.unit === "ms"
    ? `a duration from ${formatDuration(minimum)} to ${formatDuration(maximum)}`
    : `a whole number from ${minimum} to ${maximum}`;
}

function jsonSchemaOf(schema: ParamsSchema, name: string): { minimum: number; maximum: number } {
  const json = z.toJSONSchema(schema as unknown as z.ZodObject, { io: "input" }).properties?.[name];
  const bounds = typeof json === "object" ? json : {};
  return { minimum: bounds.minimum ?? 0, maximum: bounds.maximum ?? Number.MAX_SAFE_INTEGER };
}

/**
 * Divides what is paced by `speed`: the nominal values of the seed become the effective ones that
 * the wall clock sees. Counts and choices stay.
 */
export function paceParams(schema: ParamsSchema, nominal: Params, speed: number): Params {
  const paced = new Set(paramFields(schema).filter((field) => field.paced).map((f) => f.name));
  return Object.fromEntries(
    Object.entries(nominal).map(([name, value]) => [
      name,
      paced.has(name) && typeof value === "number" ? value / speed : value,
    ]),
  );
}
