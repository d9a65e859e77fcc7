// What the content of a request is on its way to a backend, whatever kind it is of.

import { createHash } from "node:crypto";
import type { BodyFraming } from "./outbound.ts";
import type { SilenceWatch } from "./silence.ts";

/** What is sent. */
export type Body = ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> | null;

/** A content as it is sent, and how. */
export interface OpenContent {
  /** What is sent. */
  body: Body;
  /** Its length in bytes, where that is known. */
  lengthBytes: number | undefined;
  /** How that is told. */
  framing: BodyFraming;
  /** What stands for its hash in what is signed. */
  payloadHash: string;
  /** Header fields that go with it; null takes away what the client sent. */
  fields: Readonly<Record<string, string | null>>;
}

/** A content before and while it is sent. */
export interface OutgoingContent {
  /** Whether {@linkcode gather} has to be called, and has to end, before {@linkcode open}. */
  readonly isGathered: boolean;
  /** Reads all of the content. The reading begins before this returns, in the caller's turn. */
  gather(): Promise<void>;
  /** What is to be sent. Only once. */
  open(watch: Pick<SilenceWatch, "expect">): OpenContent;
  /** What went wrong on the client's side while it was sent. */
  readonly failure: unknown;
  /** Gives back the memory that it holds. What is still being gathered is not kept. */
  release(): void;
}

/** Bytes that are there, which are signed with their hash. Nothing at all has the hash of no bytes. */
export function openBytes(
  body: Uint8Array<ArrayBuffer> | null,
  fields: OpenContent["fields"],
): OpenContent {
  const payloadHash = createHash("sha256").update(body ?? "").digest("hex");
  return { body, lengthBytes: body?.length ?? 0, framing: "fixed", payloadHash, fields };
}
