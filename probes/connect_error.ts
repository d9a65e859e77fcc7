// The system's errors of a connection, put into words that say what was tried and what to do.

import { ExchangeError, type ExchangeErrorCode } from "./exchange.ts";

const CODES: Readonly<Record<string, readonly [ExchangeErrorCode, string]>> = {
  ECONNREFUSED: ["refused", "the connection was refused, expected a server listening there"],
  ECONNRESET: ["reset", "the server reset the connection"],
  EPIPE: ["reset", "the server reset the connection"],
  ENOTFOUND: ["unreachable", "the name does not resolve"],
  EAI_AGAIN: ["unreachable", "the name does not resolve just now"],
  EHOSTUNREACH: ["unreachable", "there is no route to the host"],
  ENETUNREACH: ["unreachable", "there is no route to the network"],
  EADDRNOTAVAIL: ["unreachable", "no local port is free, or the address is not usable here"],
  ETIMEDOUT: ["timeout", "the connection timed out"],
  ERR_SSL_WRONG_VERSION_NUMBER: [
    "tls",
    "the answer is not TLS, expected a server of https: or wss: there; does it want http: or ws:?",
  ],
  EMFILE: ["too-many-files", "this process has reached its limit of open files (ulimit -n)"],
  ENFILE: ["too-many-files", "the system has reached its limit of open files"],
};

/** The codes of certificates that cannot be trusted: expired, of another name, of an unknown issuer. */
const CERTIFICATE = /CERT|SIGNATURE/;

/** Circumstances that an error's own text does not have. */
export interface ErrorContext {
  /** When it was seen, in milliseconds of the probe's clock. */
  atMs: number;
  /** `host` or `host:port` for the flag that would allow it. */
  host: string;
  /** Whether a TLS handshake was under way. */
  handshake?: boolean;
}

/** The part of an error's message that fits on one line. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? text;
}

/**
 * An error of `node:net`, `node:tls` or the runtime as an {@linkcode ExchangeError}.
 *
 * @param tried What the message begins with, such as `Cannot connect to 127.0.0.1:80`.
 */
export function describeError(tried: string, error: unknown, context: ErrorContext): ExchangeError {
  if (error instanceof ExchangeError) return error;
  const make = (code: ExchangeErrorCode, why: string) =>
    new ExchangeError(code, `${tried}: ${why}`, context.atMs, error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known = CODES[code];
  if (known !== undefined) return make(...known);
  // A literal address gives NotCapable, a name gives EPERM from getaddrinfo (Deno 2.9.6).
  if (error instanceof Deno.errors.NotCapable || code === "EPERM" || code === "EACCES") {
    return make("not-permitted", `the address needs the flag --allow-net=${context.host}`);
  }
  if (!context.handshake) return make("failed", oneLine(error));
  const hint = CERTIFICATE.test(code) ? "; --insecure accepts any certificate" : "";
  return make("tls", oneLine(error) + hint);
}
