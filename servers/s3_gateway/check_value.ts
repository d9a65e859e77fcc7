// Checks of values that were written as JSON, with messages that name the place and show no secret.

/** A value in a config and where it stands. */
export interface Given {
  /** Such as `backends.main.endpoint`. */
  readonly at: string;
  /** What is there. */
  readonly value: unknown;
}

/** A config that no gateway can be made of. */
export class ConfigError extends TypeError {
  /** `ConfigError`. */
  override name = "ConfigError";
}

/** Says that something else than this was expected. `hidden` leaves out what was received. */
export function refuse({ at, value }: Given, expected: string, hidden = false): never {
  const isPlain = typeof value === "string" || typeof value === "number" ||
    typeof value === "boolean";
  const received = isPlain && !hidden ? `'${String(value).slice(0, 200)}'` : kindOf(value);
  throw new ConfigError(
    `Cannot make a gateway: received ${received} as ${at || "the config"}, expected ${expected}`,
  );
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (typeof value === "string") return value === "" ? "an empty text" : "a text (not shown)";
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "an object";
  return `a ${typeof value}`;
}

/**
 * Reads a config's JSON, with something else in the place of each `${NAME}` in its texts.
 *
 * @param variableOf What a name stands for; may throw.
 * @throws {ConfigError} for what is no JSON, without a piece of it, which may be a secret.
 */
export function parseConfig(text: string, variableOf: (name: string) => string): unknown {
  const filled = (_name: string, value: unknown) =>
    typeof value === "string"
      ? value.replaceAll(/\$\{(\w+)\}/g, (_whole, name: string) => variableOf(name))
      : value;
  try {
    return JSON.parse(text, filled);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // V8 shows what stands around the place where it knows no line.
    const [place] = /line \d+ column \d+/.exec(error.message) ?? [];
    const received = text.trim() === "" ? "nothing" : `no JSON${place ? ` in ${place}` : ""}`;
    throw new ConfigError(
      `Cannot make a gateway: received ${received} as the config, expected an object in JSON`,
    );
  }
}

/**
 * Lets an object pass that has no other properties than these.
 *
 * @throws {ConfigError}
 */
export function checkObject(
  given: Given,
  allowed?: readonly string[],
): Readonly<Record<string, unknown>> {
  const { at, value } = given;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    refuse(given, "an object");
  }
  const other = allowed && Object.keys(value).find((name) => !allowed.includes(name));
  if (other !== undefined) {
    throw new ConfigError(
      `Cannot make a gateway: received '${other}' in ${at || "the config"}, expected ${
        allowed?.join(", ")
      }`,
    );
  }
  return value as Record<string, unknown>;
}

/** The property of an object, and where it stands. */
export function property(
  at: string,
  object: Readonly<Record<string, unknown>>,
  name: string,
): Given {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return { at: at === "" ? name : `${at}.${name}`, value };
}

/**
 * Lets a text pass that has this form.
 *
 * @throws {ConfigError}
 */
export function checkText(
  given: Given,
  form: RegExp,
  expected: string,
  hidden: boolean = false,
): string {
  if (typeof given.value !== "string" || !form.test(given.value)) refuse(given, expected, hidden);
  return given.value;
}

/**
 * Lets one of several words pass.
 *
 * @throws {ConfigError}
 */
export function checkChoice<const T extends string>(given: Given, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === given.value);
  return found ?? refuse(given, choices.join(" or "));
}

/**
 * Lets a number from one to another pass.
 *
 * @throws {ConfigError}
 */
export function checkNumber(given: Given, min: number, max: number): number {
  const { value } = given;
  if (typeof value !== "number" || !(value >= min && value <= max)) {
    refuse(given, `a number from ${min} to ${max}`);
  }
  return value;
}

/**
 * Lets the URL of an endpoint pass: scheme, host, port and maybe a path, and nothing else.
 *
 * @throws {ConfigError}
 */
export function checkUrl(given: Given): string {
  const expected = "an http:// or https:// URL without user, query and fragment";
  const text = checkText(given, /^https?:\/\/[^\s/@?#]+[^\s?#]*$/i, expected);
  // What stands before an @ would be a secret, and is no part of the form.
  if (!URL.canParse(text) || new URL(text).username !== "") refuse(given, expected, true);
  return text.replace(/\/+$/, "");
}

/**
 * Lets a list pass, and each of it by a check.
 *
 * @throws {ConfigError}
 */
export function checkList<T>(given: Given, check: (one: Given) => T): T[] {
  if (!Array.isArray(given.value)) refuse(given, "a list");
  return given.value.map((value: unknown, i) => check({ at: `${given.at}[${i}]`, value }));
}

/** Checks an optional value: what is not there stays undefined. */
export function optional<T>(given: Given, check: (given: Given) => T): T | undefined {
  return given.value === undefined ? undefined : check(given);
}
