// `body-io`: a gateway on an isolate loses the bodies of writes, their lengths, and its memory.

import type { Scenario } from "../../lab/scenario.ts";
import { deleteBurstCase, multipartBurst, warmBurst } from "./cases/bursts.ts";
import { flatMemory } from "./cases/flat_memory.ts";
import { partFraming, putFraming } from "./cases/framing.ts";
import { clientLeaves, oversizedPart } from "./cases/leaving.ts";
import { awsChunked, checksums } from "./cases/passed_on.ts";
import { backendStalls, stsFails } from "./cases/recovery.ts";
import { curl } from "./curl.ts";
import { behind, embed } from "./embed.ts";
import { missing } from "./needs.ts";
import { type BodyIoParams, bodyIoParams } from "./params.ts";

/** What a run may take beside its own waits, in milliseconds: a busy machine. */
const SLACK_MS = 60_000;

/** How slow a line may be on which the contents of a run still come through, in bytes a millisecond. */
const SLOW_LINE = 500;

/** The scenario of the multistore report. */
export const bodyIo: Scenario = {
  id: "body-io",
  title: "Writes through an S3 gateway that fail while it has no key to its backend",
  summary:
    "A gateway on an isolate reads the bodies of some writes after it has waited for what requests " +
    "share, a key to its backend: by then another request's turn may be on, and the read is refused. " +
    "Uploads that it passes on lose their Content-Length, and parts that it keeps fill its memory.",
  role: "s3-gateway",
  source:
    "multistore pull request #100 (eliminate cross-request body I/O on multipart & batch-delete " +
    "writes)",
  params: bodyIoParams,
  headline: "multipart-burst",
  cases: [
    multipartBurst,
    deleteBurstCase,
    partFraming,
    putFraming,
    flatMemory,
    warmBurst,
    awsChunked,
    checksums,
    oversizedPart,
    clientLeaves,
    backendStalls,
    stsFails,
  ],
  connections(given, { id }) {
    const { numUploads, largeUploads, partsPerUpload, numDeletes, numParts } =
      given as BodyIoParams;
    // lib-storage sends up to four parts of an upload at once.
    const more = Math.min(partsPerUpload, 4) - 1;
    const uploads = numUploads + Math.min(largeUploads, numUploads) * more;
    switch (id) {
      case "multipart-burst":
        return uploads;
      case "delete-burst":
        return numDeletes;
      case "warm-burst":
        return Math.max(uploads, numDeletes);
      case "flat-memory":
        return numParts;
      default:
        return 8;
    }
  },
  embed,
  behind,
  missing,
  limitMs(params) {
    const own = params as BodyIoParams;
    const { thresholdMs, backendTimeoutMs, stsTimeoutMs, stsDelayMs } = own;
    const bytes = Math.max(
      2 * own.largeUploads * own.partsPerUpload * own.partSize,
      own.numParts * own.largePartSize,
    );
    return SLACK_MS + 6 * (thresholdMs + stsDelayMs) + 3 * (backendTimeoutMs + stsTimeoutMs) +
      bytes / SLOW_LINE;
  },
  curl,
};
