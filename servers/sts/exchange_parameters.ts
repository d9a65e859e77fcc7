// What a request asks the STS for: its form or query, read, checked and bounded.

import { boundedText } from "../web_identity/bounded_text.ts";
import { STS_VERSION } from "../web_identity/exchange.ts";
import { StsError } from "./sts_error.ts";

/** The parameters of an AssumeRoleWithWebIdentity. */
export interface ExchangeParameters {
  /** The role. */
  roleArn: string;
  /** What the session is called. */
  sessionName: string;
  /** The token. */
  token: string;
  /** How long the key is to hold, in seconds; undefined where the request does not say. */
  durationS: number | undefined;
}

/** The largest form, in bytes. A token has at most 20,000 characters. */
export const MAX_FORM_BYTES = 65_536;

const ACTION = "AssumeRoleWithWebIdentity";

/** The ARN of a role. Source: STS API reference, "AssumeRoleWithWebIdentity", RoleArn. */
export const ROLE_ARN = /^(?=.{20,2048}$)arn:[^\s:]+:iam::[^\s:]*:role\/[\u0021-\u007e]+$/;

/** What each parameter must look like. Source: STS API reference, "AssumeRoleWithWebIdentity". */
const RULES: Readonly<Record<string, { pattern: RegExp; expected: string }>> = {
  RoleArn: {
    pattern: ROLE_ARN,
    expected: "the ARN of a role, of 20 to 2048 characters",
  },
  RoleSessionName: {
    pattern: /^[\w+=,.@-]{2,64}$/,
    expected: "2 to 64 letters, digits and _+=,.@-",
  },
  WebIdentityToken: { pattern: /^[^]{4,20000}$/, expected: "4 to 20000 characters" },
};
const SHORTEST_S = 900;
const LONGEST_S = 43_200;

/**
 * Reads the parameters of a request to the STS: of a POST from its form, else from its query.
 *
 * @throws {StsError} `MissingAction`, `InvalidAction`, `MalformedQueryString` or `ValidationError`.
 */
export async function readExchange(request: Request): Promise<ExchangeParameters> {
  const form = request.method === "POST"
    ? await readForm(request)
    : new URL(request.url).searchParams;
  return parseExchangeForm(form);
}

/**
 * Reads the parameters of a form. Parameters that this server does not have are passed over.
 *
 * @throws {StsError} `MissingAction`, `InvalidAction` or `ValidationError`.
 */
export function parseExchangeForm(form: URLSearchParams): ExchangeParameters {
  const action = one(form, "Action");
  if (action === undefined || action === "") {
    throw new StsError("MissingAction", `The request names no Action; this server has ${ACTION}.`);
  }
  const version = one(form, "Version");
  if (action !== ACTION || version !== STS_VERSION) {
    const what = `${quoted(action)} of version ${quoted(version ?? "none")}`;
    throw new StsError("InvalidAction", `There is no action ${what}.`);
  }
  return {
    roleArn: valid(form, "RoleArn"),
    sessionName: valid(form, "RoleSessionName"),
    token: valid(form, "WebIdentityToken"),
    durationS: durationOf(one(form, "DurationSeconds")),
  };
}

function one(form: URLSearchParams, name: string): string | undefined {
  const [value, another] = form.getAll(name);
  if (another === undefined) return value;
  throw new StsError("ValidationError", `The parameter ${name} came more than once.`);
}

function valid(form: URLSearchParams, name: string): string {
  const value = one(form, name);
  const rule = RULES[name];
  if (value !== undefined && rule?.pattern.test(value)) return value;
  const received = value === undefined ? "nothing" : `${value.length} characters`;
  throw new StsError(
    "ValidationError",
    `The parameter ${name} is not valid: received ${received}, expected ${rule?.expected}.`,
  );
}

function durationOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds >= SHORTEST_S && seconds <= LONGEST_S) return seconds;
  throw new StsError(
    "ValidationError",
    `The parameter DurationSeconds is not valid: received ${quoted(text)}, ` +
      `expected a number of seconds from ${SHORTEST_S} to ${LONGEST_S}.`,
  );
}

/**
 * Reads the form of a request, bounded.
 *
 * @throws {StsError} `MalformedQueryString` for another content type, no UTF-8, or more than 64 KiB.
 */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const [type = ""] = (request.headers.get("content-type") ?? "").split(";");
  if (type.trim().toLowerCase() !== "application/x-www-form-urlencoded") {
    throw malformed("expected a form: application/x-www-form-urlencoded");
  }
  let text: string | undefined;
  try {
    text = await boundedText(request.body, MAX_FORM_BYTES);
  } catch (cause) {
    throw malformed("expected the whole of a form", { cause });
  }
  if (text !== undefined) return new URLSearchParams(text);
  throw malformed(`expected at most ${MAX_FORM_BYTES} bytes of UTF-8`);
}

function malformed(expected: string, options?: ErrorOptions): StsError {
  const message = `The content of the request cannot be read: ${expected}.`;
  return new StsError("MalformedQueryString", message, options);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
