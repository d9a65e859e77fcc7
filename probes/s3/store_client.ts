// A client of an object store's S3 API: buckets, uploads, listings, cleaning up.

import type { Access } from "../../lab/scenario.ts";
import type { UploadContent } from "./content.ts";
import { type ListedObject, parseListing, quoted } from "./listing.ts";
import { parseS3Error } from "./error_document.ts";
import type { StoreRequest } from "./signing.ts";
import {
  type CallOptions,
  MAX_ANSWER_BYTES,
  type StoreAnswer,
  StoreCaller,
  type StoreClientOptions,
} from "./store_caller.ts";

/** What an upload came to. */
export interface Uploaded {
  /** The entity tag that the store gave, with its quotes. */
  etag: string;
  /** When the request was sent, in milliseconds of the clock. */
  sentAtMs: number;
  /** When the store's answer was complete, in milliseconds of the clock. */
  completedAtMs: number;
}

/** Regions in which a bucket is made without naming one: AWS's first, and R2's only one. */
const UNNAMED_REGIONS: readonly string[] = ["us-east-1", "auto", ""];

/**
 * A client of one store. Its methods reject with an `InconclusiveError`, whose line says what to do,
 * for whatever the store or the network refuse; with the signal's reason when that aborts.
 */
export class StoreClient extends StoreCaller {
  /**
   * A client for a target; `access.store` has region and key, without a key requests are anonymous.
   *
   * @throws {UsageError} when both a key and an Authorization header are given.
   */
  static for(access: Access, options: StoreClientOptions): StoreClient {
    return new StoreClient(access, options);
  }

  /** The same client under another signal: cleaning up goes on after the run's own has aborted. */
  withSignal(signal: AbortSignal): StoreClient {
    return new StoreClient(this.access, { ...this.options, signal });
  }

  /** Makes a bucket; one that is there and one's own is no error. */
  async createBucket(bucket: string): Promise<void> {
    const request: StoreRequest = { method: "PUT", bucket };
    if (!UNNAMED_REGIONS.includes(this.region)) {
      request.body = new TextEncoder().encode(
        '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
          `<LocationConstraint>${this.region}</LocationConstraint></CreateBucketConfiguration>`,
      );
    }
    const answer = await this.call(request, { accept: [409] });
    if (answer.status === 409 && parseS3Error(answer.text)?.code !== "BucketAlreadyOwnedByYou") {
      throw this.refusal(request, answer);
    }
  }

  /** Removes an empty bucket; one that is not there is no error. */
  async deleteBucket(bucket: string): Promise<void> {
    await this.#delete({ method: "DELETE", bucket });
  }

  /** Whether the bucket is there. */
  async hasBucket(bucket: string): Promise<boolean> {
    return (await this.call({ method: "HEAD", bucket }, { accept: [404] })).status !== 404;
  }

  /**
   * Uploads content of any size in one PUT, with its length announced; memory holds one piece. A cut
   * upload leaves no object: a PUT is stored whole or not at all.
   */
  async upload(
    bucket: string,
    key: string,
    content: UploadContent,
    { contentType = "application/octet-stream" }: { contentType?: string } = {},
  ): Promise<Uploaded> {
    // TLS guards the bytes; without it some stores refuse content that was not hashed.
    const secure = this.access.url.protocol === "https:";
    const request: StoreRequest = {
      method: "PUT",
      bucket,
      key,
      headers: [["Content-Type", contentType]],
      contentSha256: secure ? "UNSIGNED-PAYLOAD" : content.sha256(),
    };
    const signed = await this.signed(request);
    let sent = 0;
    const answer = await this.exchange(request, {
      async send(connection, patience) {
        const exchange = connection.send({
          ...signed,
          declaredLength: content.sizeBytes,
          maxBodyBytes: MAX_ANSWER_BYTES,
        });
        let answered = false;
        const over = () => void (answered = true);
        exchange.headers.then(over, over);
        for (const piece of content.pieces()) {
          // An answer before the end is a refusal: the rest would be for nobody.
          if (answered) break;
          await connection.write(piece);
          sent += piece.byteLength;
          patience.renew();
        }
        return exchange;
      },
      progress: () => ` after ${sent} of ${content.sizeBytes} bytes`,
    });
    const etag = answer.headers.get("etag");
    if (etag === null) throw this.notS3(request, answer);
    const { sentAtMs, completedAtMs } = answer;
    return { etag: quoted(etag), sentAtMs, completedAtMs };
  }

  /** Removes an object; one that is not there is no error. */
  async remove(bucket: string, key: string, options: CallOptions = {}): Promise<StoreAnswer> {
    return await this.#delete({ method: "DELETE", bucket, key }, options);
  }

  /** All objects whose key begins with `prefix`. */
  async list(bucket: string, prefix: string): Promise<ListedObject[]> {
    const objects: ListedObject[] = [];
    const tokens = new Set<string>();
    let token: string | undefined;
    do {
      const request: StoreRequest = {
        method: "GET",
        bucket,
        query: {
          "list-type": "2",
          "encoding-type": "url",
          prefix,
          ...(token !== undefined && { "continuation-token": token }),
        },
      };
      const answer = await this.call(request);
      const page = parseListing(answer.text);
      if (page === undefined) throw this.notS3(request, answer);
      objects.push(...page.objects);
      token = page.nextToken;
      // A store that gives the same page for ever is not to be asked for ever.
      if (token !== undefined && tokens.has(token)) break;
      tokens.add(token ?? "");
    } while (token !== undefined);
    return objects;
  }

  /** Size and entity tag of an object; undefined when there is none. */
  async head(bucket: string, key: string): Promise<ListedObject | undefined> {
    const { status, headers } = await this.call({ method: "HEAD", bucket, key }, { accept: [404] });
    if (status === 404) return undefined;
    return {
      key,
      sizeBytes: Number(headers.get("content-length")),
      etag: quoted(headers.get("etag") ?? ""),
    };
  }

  async #delete(request: StoreRequest, options: CallOptions = {}): Promise<StoreAnswer> {
    const answer = await this.call(request, { accept: [404], ...options });
    // versitygw 1.8 answers 404 for a key that it does not know, and a web server for anything.
    const gone = answer.text === "" || /^NoSuch/.test(parseS3Error(answer.text)?.code ?? "");
    if (answer.status === 404 && !gone) throw this.refusal(request, answer);
    return answer;
  }
}
