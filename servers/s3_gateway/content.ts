// Which kind of content a call has for its backend: none, a document that is read first, or an upload.

import type { ForwardedCall } from "./call.ts";
import type { GatewaySwitches } from "./config.ts";
import { DocumentContent } from "./document_content.ts";
import { needsBufferedBody } from "./forwarded.ts";
import type { Meter } from "./outbound.ts";
import { openBytes, type OpenContent, type OutgoingContent } from "./outgoing_content.ts";
import { UploadContent } from "./upload_content.ts";

/**
 * The content of a call. Nothing is read yet.
 *
 * @throws {S3Error} what is wrong with its header fields, its length among it.
 */
export function contentOf(
  call: ForwardedCall,
  switches: GatewaySwitches,
  meter: Meter,
): OutgoingContent {
  const { operation } = call;
  if (needsBufferedBody(operation)) return new DocumentContent(call, operation, meter);
  if (operation === "PutObject" || operation === "UploadPart") {
    return new UploadContent(call, switches, meter);
  }
  return new NoContent(call.request.method);
}

/** What a client may have sent all the same is not read. */
class NoContent implements OutgoingContent {
  readonly isGathered = false;
  readonly failure: undefined = undefined;
  readonly #method: string;

  constructor(method: string) {
    this.#method = method;
  }

  gather(): Promise<void> {
    return Promise.resolve();
  }

  open(): OpenContent {
    // A PUT or POST without content says so.
    const saysSo = this.#method === "PUT" || this.#method === "POST";
    return openBytes(saysSo ? new Uint8Array(0) : null, { "content-md5": null });
  }

  release(): void {}
}
