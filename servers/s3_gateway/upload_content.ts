// The content of a PutObject or UploadPart while it is passed on: as it comes, or gathered first.

import { concat } from "../s3/concat.ts";
import type { ForwardedCall } from "./call.ts";
import type { GatewaySwitches } from "./config.ts";
import { foreignTouch, rethrow } from "./foreign.ts";
import type { Meter } from "./outbound.ts";
import type { OpenContent, OutgoingContent } from "./outgoing_content.ts";
import { relayed } from "./relay.ts";
import type { SilenceWatch } from "./silence.ts";
import { type Upload, uploadOf } from "./upload.ts";

const EMPTY = new Uint8Array(0);

/** An upload. */
export class UploadContent implements OutgoingContent {
  /** {@inheritDoc OutgoingContent.isGathered} */
  readonly isGathered: boolean;
  readonly #upload: Upload;
  readonly #meter: Meter;
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  #giveBacks: (() => void)[] = [];
  #isReleased = false;
  #failure: unknown;

  /**
   * Reads nothing yet.
   *
   * @throws {S3Error} what is wrong with the header fields.
   */
  constructor(call: ForwardedCall, switches: GatewaySwitches, meter: Meter) {
    this.#upload = uploadOf(call, switches.framing, meter);
    this.#meter = meter;
    this.isGathered = call.operation === "UploadPart" && switches.uploadPart === "buffer" &&
      this.#upload.isPlain;
  }

  /** {@inheritDoc OutgoingContent.failure} */
  get failure(): unknown {
    return this.#failure;
  }

  /** {@inheritDoc OutgoingContent.gather} */
  async gather(): Promise<void> {
    try {
      for await (const piece of this.#upload.pieces()) {
        if (this.#isReleased) return;
        this.#giveBacks.push(this.#meter.hold(piece.length));
        this.#pieces.push(piece);
      }
    } catch (error) {
      rethrow(error);
    }
  }

  /** {@inheritDoc OutgoingContent.open} */
  open(watch: Pick<SilenceWatch, "expect">): OpenContent {
    const { lengthBytes, framing, payloadHash, fields, pieces } = this.#upload;
    if (this.isGathered) {
      const body = concat(this.#pieces);
      // Held twice otherwise, while it is sent.
      this.#pieces = [];
      return { body, lengthBytes, framing: "fixed", payloadHash, fields };
    }
    // That nothing comes is signed, and needs no reading: a stream of it might go out chunked.
    if (lengthBytes === 0) return { body: EMPTY, lengthBytes, framing, payloadHash, fields };
    const onFailure = (error: unknown) => this.#failure = foreignTouch(error) ?? error;
    const { stream, end } = relayed(pieces(), this.#meter, watch, onFailure);
    this.#giveBacks.push(end);
    return { body: stream, lengthBytes, framing, payloadHash, fields };
  }

  /** {@inheritDoc OutgoingContent.release} */
  release(): void {
    this.#isReleased = true;
    for (const giveBack of this.#giveBacks) giveBack();
    this.#giveBacks = [];
    this.#pieces = [];
  }
}
