// Reads objects back through the target and compares them with what was written.

import { messageOf } from "../../lab/errors.ts";
import { MAX_ANSWER_BYTES } from "../../probes/s3/store_caller.ts";
import type { ContentCheck } from "../../probes/s3/content.ts";
import { type Context, isTold, type Stage } from "./stage.ts";

/** An object as it should be. */
export interface Expected {
  /** Its key. */
  key: string;
  /** Its length in bytes. */
  sizeBytes: number;
  /** Whether bytes are what it has at `offset`. */
  check(offset: number, bytes: Uint8Array): ContentCheck;
}

/** What came of reading objects back, in words. */
export interface ReadBack {
  /** What is not as it was written. */
  wrong: string[];
  /** What could not be read. */
  unread: string[];
}

const READERS = 4;

/** Reads them, a few at a time. */
export async function readBack(
  context: Context,
  stage: Stage,
  objects: readonly Expected[],
): Promise<ReadBack> {
  const found: ReadBack = { wrong: [], unread: [] };
  const queue = objects.values();
  const read = async () => {
    for (const object of queue) {
      try {
        const wrong = await readOne(stage, object);
        context.timeline.add(nameOf(object.key), wrong === undefined ? "read-back" : "differs");
        if (wrong !== undefined) found.wrong.push(wrong);
      } catch (error) {
        if (!isTold(error)) throw error;
        found.unread.push(messageOf(error));
      }
    }
  };
  await Promise.all(Array.from({ length: READERS }, read));
  return found;
}

async function readOne({ client, bucket }: Stage, object: Expected): Promise<string | undefined> {
  const { key, sizeBytes, check } = object;
  const request = { method: "GET", bucket, key };
  const signed = await client.signed(request);
  let received = 0;
  let first: ContentCheck = "same";
  const { status } = await client.exchange(request, {
    accept: [404],
    send: (connection, patience) =>
      connection.send({
        ...signed,
        maxBodyBytes: sizeBytes + MAX_ANSWER_BYTES,
        onBody(bytes) {
          patience.renew();
          if (first === "same") first = check(received, bytes);
          received += bytes.length;
        },
      }),
    progress: () => ` after ${received} of ${sizeBytes} bytes`,
  });
  const name = nameOf(key);
  if (status === 404) return `'${name}' is not there`;
  if (received !== sizeBytes) return `'${name}' has ${received} bytes, expected ${sizeBytes}`;
  return first === "same" ? undefined : `'${name}' differs from byte ${at(first)} on`;
}

const at = (check: ContentCheck) => check === "same" ? 0 : check.atByte;

/** The last part of a key: what the timeline calls an object. */
export function nameOf(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}
