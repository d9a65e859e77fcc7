// What tests of handlers share: a store in memory, and requests to it without a signature.

import { ManualClock } from "../../../lab/clock.ts";
import { readContentClaims } from "../../s3/content_claims.ts";
import { S3Error } from "../../s3/error.ts";
import { resolveOperation } from "../../s3/operation.ts";
import { ReceivedPayload } from "../../s3/received_payload.ts";
import { parseXml, type XmlElement } from "../../s3/xml.ts";
import type { StoreContext } from "../call.ts";
import { createMemoryStorage } from "../memory_storage.ts";
import { ReadLocks } from "../read_lock.ts";
import { handlers } from "./handlers.ts";

/** What a request has beside its method and target. */
export interface AskOptions {
  /** The content. */
  body?: string | Uint8Array<ArrayBuffer>;
  /** Header fields. */
  headers?: Record<string, string>;
  /** The region that answers. Default: `weur`. */
  region?: string;
}

/** A store, and requests to it. */
export interface TestStore {
  /** Its time. */
  clock: ManualClock;
  /** What its handlers work with. */
  context: StoreContext;
  /** Sends a request; a refusal is thrown, as an `S3Error`. */
  ask(method: string, target: string, options?: AskOptions): Promise<Response>;
  /** Sends a request and reads the document that it is answered with. */
  document(method: string, target: string, root: string, options?: AskOptions): Promise<XmlElement>;
  /** Sends a request that is refused, and tells how. */
  refusal(method: string, target: string, options?: AskOptions): Promise<S3Error>;
}

/** Makes a store with the bucket `videos`. */
export async function createTestStore(): Promise<TestStore> {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const locks = new ReadLocks({ variant: "fix", clock });
  const onError = (error: unknown) => {
    throw error;
  };
  const context: StoreContext = { storage: createMemoryStorage(), clock, locks, onError };
  const ask = async (method: string, target: string, options: AskOptions = {}) => {
    const { body, headers: fields = {}, region = "weur" } = options;
    const headers = new Headers({ host: "127.0.0.1", ...fields });
    const resolved = resolveOperation({ method, url: target, headers });
    const content = new Response(body);
    if (body !== undefined) headers.set("content-length", String(new Blob([body]).size));
    const ofContent = resolved.operation !== "CompleteMultipartUpload";
    const claims = readContentClaims(headers, "UNSIGNED-PAYLOAD", ofContent);
    const payload = new ReceivedPayload(content, claims, undefined);
    const signal = new AbortController().signal;
    return await handlers[resolved.operation](
      { ...resolved, headers, payload, signal, region, lent: false },
      context,
    );
  };
  await ask("PUT", "/videos");
  return {
    clock,
    context,
    ask,
    document: async (method, target, root, options) =>
      parseXml(await (await ask(method, target, options)).text(), root),
    async refusal(method, target, options) {
      try {
        const response = await ask(method, target, options);
        await response.body?.cancel();
      } catch (error) {
        if (error instanceof S3Error) return error;
        throw error;
      }
      throw new Error(
        `Cannot see a refusal: ${method} ${target} was answered, expected an S3Error`,
      );
    },
  };
}
