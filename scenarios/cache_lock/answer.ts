// How an exchange came out, as plain data that a judge can read.

import { until } from "../../lab/until.ts";
import { type Exchange, ExchangeError } from "../../probes/exchange.ts";
import type { Context } from "./clients.ts";

/** How an answer came out, as plain data. Times are milliseconds of the run's clock. */
export type Answer =
  | {
    kind: "answered";
    status: number;
    /** SHA-256 of the content, in hex. */
    digest: string;
    sizeBytes: number;
    headersAtMs: number;
    completedAtMs: number;
  }
  | { kind: "failed"; code: string; message: string; atMs: number }
  /** Still open when the watch ended. */
  | { kind: "open"; atMs: number };

/** How an exchange comes out, waiting for it until `deadlineMs` of the run's clock. */
export async function answerOf(
  context: Context,
  exchange: Exchange,
  deadlineMs: number,
): Promise<Answer> {
  const { clock } = context;
  const complete = async (): Promise<Answer> => {
    const [head, body] = await Promise.all([exchange.headers, exchange.body]);
    return {
      kind: "answered",
      status: head.status,
      digest: await digestOf(body.bytes),
      sizeBytes: body.bytes.byteLength,
      headersAtMs: head.atMs,
      completedAtMs: body.completedAtMs,
    };
  };
  const settled = complete().catch((error): Answer => {
    if (!(error instanceof ExchangeError)) throw error;
    return { kind: "failed", code: error.code, message: error.message, atMs: error.atMs };
  });
  return await until(context, settled, deadlineMs) ?? { kind: "open", atMs: clock.now() };
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** An answer in words. */
export function sayAnswer(answer: Answer): string {
  switch (answer.kind) {
    case "answered":
      return `the answer was ${answer.status} with ${answer.sizeBytes} bytes`;
    case "failed":
      return answer.message;
    case "open":
      return "there was no answer";
  }
}

/** Whether the header of an answer, which has come, says that it is the connection's last (RFC 9112 §9.6). */
export async function saysClose({ headers }: Exchange): Promise<boolean> {
  const fields = await headers.then((head) => head.headers, () => undefined);
  return /(^|[\s,])close([\s,]|$)/i.test(fields?.get("connection") ?? "");
}
