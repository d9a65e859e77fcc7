// For tests: a listener that authenticates, reads the content, and answers what it found, as JSON.

import { Buffer } from "node:buffer";
import { realClock } from "../../lab/clock.ts";
import { listen, type Listening } from "../listen.ts";
import { authenticate, type AuthenticateOptions } from "./authenticate.ts";
import { S3Error } from "./error.ts";
import type { Digest } from "./payload.ts";

/** The key that it knows. */
export const TEST_KEY = { accessKeyId: "AKIDEXAMPLE/1", secretAccessKey: "a/secret+with=signs" };

/** What it found. Of a refusal only code and status. */
export interface Found {
  /** The status that the refusal has; 200 for none. */
  status: number;
  /** The code that the refusal has; empty for none. */
  code: string;
  /** Who signed. */
  accessKeyId?: string | null;
  /** The content, in hex if short. */
  content?: string;
  /** What the content turned out to be. */
  digest?: Digest;
  /** How its SHA-256 was announced, or that it was in chunks. */
  sha256?: string | null;
  /** Why it was refused. */
  message?: string;
}

/** The options of a store in one region that knows the one key. */
export function testOptions(options: Partial<AuthenticateOptions> = {}): AuthenticateOptions {
  return {
    secretOf: (id) => id === TEST_KEY.accessKeyId ? TEST_KEY.secretAccessKey : undefined,
    regions: ["auto", "us-east-1"],
    clock: realClock,
    ...options,
  };
}

/** Authenticates a request and reads its content. */
export async function examine(request: Request, options: AuthenticateOptions): Promise<Found> {
  const sha256 = request.headers.get("x-amz-content-sha256");
  try {
    const { accessKeyId, payload } = authenticate(request, options);
    const all: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const bytes of payload.chunks()) {
      sizeBytes += bytes.length;
      if (sizeBytes <= 4096) all.push(bytes);
    }
    const content = sizeBytes <= 4096 ? Buffer.concat(all).toString("hex") : "";
    return { status: 200, code: "", accessKeyId, content, digest: payload.digest(), sha256 };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return { status: error.status, code: error.code, message: error.message, sha256 };
  }
}

/**
 * Listens, and tells each examination's finding.
 *
 * @param found Called with each.
 */
export function listenAndExamine(
  found: (found: Found) => void,
  options: AuthenticateOptions = testOptions(),
): Promise<Listening> {
  return listen({
    async fetch(request) {
      const one = await examine(request, options);
      found(one);
      return Response.json(one, { status: one.status, headers: { etag: '"x"' } });
    },
  });
}
