// AssumeRoleWithWebIdentity as a client sees it: the request as data, and its answer as a key to a store.

import { childrenNamed, childText, parseXml, type XmlElement } from "../s3/xml.ts";
import { boundedText } from "./bounded_text.ts";
import { ExchangeError } from "./exchange_error.ts";

/** What is exchanged, and where. */
export interface ExchangeOptions {
  /** The STS: `http://127.0.0.1:8789`. */
  stsUrl: string;
  /** The role to assume. */
  roleArn: string;
  /** What this session is called in the logs of the store: 2 to 64 letters, digits and `_+=,.@-`. */
  sessionName: string;
  /** The OIDC token, a JWT. A secret. */
  token: string;
  /** For how many seconds the key is to hold: from 900. Default: as the STS has it. */
  durationS?: number;
}

/** A key to a store that holds for a time. */
export interface ExchangedKey {
  /** Names the key; no secret. */
  accessKeyId: string;
  /** Signs requests; a secret. */
  secretAccessKey: string;
  /** Goes with each request as `x-amz-security-token`; undefined where the key needs none. */
  sessionToken: string | undefined;
  /** When it ends, in milliseconds since the Unix epoch. */
  expiresMs: number;
}

/** A request as `fetch` takes it, as plain data. */
export interface RequestData {
  /** Where it goes. */
  url: string;
  /** How. */
  init: {
    method: "POST";
    headers: Record<string, string>;
    body: string;
    /** Whoever redirects must not get what is exchanged. */
    redirect: "manual";
  };
}

/** The version of STS's API; there has been no other. */
export const STS_VERSION = "2011-06-15";
/** The namespace of STS's answers. */
export const STS_NAMESPACE: string = `https://sts.amazonaws.com/doc/${STS_VERSION}/`;
/** How much of an answer there is to read. Its longest part, the session token, is mostly under 4 KiB. */
const MAX_ANSWER_BYTES = 65_536;

/**
 * The request for a key. Nothing is sent: whoever has several requests under way at once decides in
 * whose name it goes out. The token is in the body, where no log of URLs has it.
 *
 * @example
 * ```ts
 * import { exchangeRequest } from "./exchange.ts";
 *
 * const { url, init } = exchangeRequest({
 *   stsUrl: "http://127.0.0.1:8789",
 *   roleArn: "arn:aws:iam::000000000000:role/edge-repro",
 *   sessionName: "docs",
 *   token: "e30.e30.e30",
 * });
 * console.log(init.method, url); // POST http://127.0.0.1:8789/
 * ```
 */
export function exchangeRequest(options: ExchangeOptions): RequestData {
  const { roleArn, sessionName, token, durationS } = options;
  const form = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: STS_VERSION,
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    WebIdentityToken: token,
    ...(durationS !== undefined && { DurationSeconds: String(durationS) }),
  });
  return {
    url: new URL(options.stsUrl).href,
    init: {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        accept: "application/xml",
      },
      body: form.toString(),
      redirect: "manual",
    },
  };
}

/**
 * Reads the answer to {@linkcode exchangeRequest}.
 *
 * @param status Its HTTP status.
 * @param text Its content.
 * @throws {ExchangeError} with the code that the STS gave, or none where the answer is not one of an
 * STS: a page of a proxy, say, or a key that ends at no time.
 */
export function parseExchange(status: number, text: string): ExchangedKey {
  if (status !== 200) throw refusalOf(status, text);
  const answer = read(text, "AssumeRoleWithWebIdentityResponse");
  const result = answer && only(answer, "AssumeRoleWithWebIdentityResult");
  const credentials = result && only(result, "Credentials");
  const part = (name: string) => (credentials && textOf(credentials, name)) ?? "";
  const accessKeyId = part("AccessKeyId");
  const secretAccessKey = part("SecretAccessKey");
  const expiresMs = Date.parse(part("Expiration"));
  if (accessKeyId === "" || secretAccessKey === "" || Number.isNaN(expiresMs)) {
    throw unexpected(status, "AccessKeyId, SecretAccessKey and Expiration");
  }
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: part("SessionToken") || undefined,
    expiresMs,
  };
}

/**
 * Asks an STS for a key and reads the answer.
 *
 * @param io.fetch What sends the request. Default: the global one.
 * @param io.signal Gives up when it aborts.
 * @throws {ExchangeError} see {@linkcode parseExchange}; with status 0 where no answer came. An abort
 * is thrown as it is.
 */
export async function assumeRoleWithWebIdentity(
  options: ExchangeOptions,
  io: { fetch?: typeof fetch; signal?: AbortSignal } = {},
): Promise<ExchangedKey> {
  const { url, init } = exchangeRequest(options);
  const { signal } = io;
  let status = 0;
  let text = "";
  try {
    const response = await (io.fetch ?? fetch)(url, { ...init, ...(signal && { signal }) });
    status = response.status;
    text = await boundedText(response.body, MAX_ANSWER_BYTES) ?? "";
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const failure = new ExchangeError("", 0, `Cannot exchange a token at ${url}: no answer came`);
    failure.cause = error;
    throw failure;
  }
  return parseExchange(status, text);
}

function refusalOf(status: number, text: string): ExchangeError {
  const answer = read(text, "ErrorResponse");
  const error = answer && only(answer, "Error");
  const code = error && textOf(error, "Code");
  if (error === undefined || code === undefined || code === "") {
    return unexpected(status, "a document of STS");
  }
  return new ExchangeError(code, status, textOf(error, "Message") ?? code);
}

function unexpected(status: number, expected: string): ExchangeError {
  const message = `Cannot read the answer of an STS: received status ${status} without ${expected}`;
  return new ExchangeError("", status, message);
}

function read(text: string, root: string): XmlElement | undefined {
  if (text.length > MAX_ANSWER_BYTES) return undefined;
  try {
    return parseXml(text, root);
  } catch {
    return undefined;
  }
}

function only(element: XmlElement, name: string): XmlElement | undefined {
  const [found, another] = childrenNamed(element, name);
  return another === undefined ? found : undefined;
}

function textOf(element: XmlElement, name: string): string | undefined {
  try {
    return childText(element, name)?.trim();
  } catch {
    return undefined;
  }
}
