// `stale-read`: one GET whose body nobody reads keeps every other read of the object waiting.

import type { Access, FinishedRun, Need, Scenario } from "../../lab/scenario.ts";
import { browserAvailability } from "../../probes/browser.ts";
import { abandonedGet, abandonedRange, expiry } from "./cases/abandoned_get.ts";
import { behindOverwrite } from "./cases/behind_overwrite.ts";
import { browser } from "./cases/browser.ts";
import { clientCloses } from "./cases/client_closes.ts";
import { conditional, copy, head, list, otherObject, otherRegion } from "./cases/beside.ts";
import { overwrite, remove } from "./cases/change.ts";
import { deleteMany } from "./cases/delete_many.ts";
import { manyAbandoned } from "./cases/many_abandoned.ts";
import { manyReaders } from "./cases/many_readers.ts";
import { multipartOver } from "./cases/multipart_over.ts";
import { slowReader } from "./cases/slow_reader.ts";
import { unfinishedUpload } from "./cases/unfinished_upload.ts";
import { behind, embed } from "./embed.ts";
import { type StaleReadParams, staleReadParams } from "./params.ts";
import { patienceMs } from "./stage.ts";

/** How slow a line may be on which the objects of a run still come through, in bytes a millisecond. */
const SLOW_LINE = 500;

/** How often the object goes over the line in a run, at most. */
const TRANSFERS = 6;

/** The scenario of the R2 report. */
export const staleRead: Scenario = {
  id: "stale-read",
  title: "Reads of an object held behind one whose body nobody reads",
  summary:
    "One client GETs an object and never reads the body. Until its connection is closed, or " +
    "60 s are over, no other read of that object in that region is answered. That the object is " +
    "locked meanwhile is what the reporter assumes; the vendor has not confirmed it.",
  role: "object-store",
  source: "Cloudflare R2 stale connection bug (minimal example in Go with minio-go)",
  params: staleReadParams,
  headline: "abandoned-get",
  cases: [
    abandonedGet,
    abandonedRange,
    slowReader,
    expiry,
    manyReaders,
    behindOverwrite,
    browser,
    clientCloses,
    otherRegion,
    head,
    list,
    overwrite,
    multipartOver,
    remove,
    deleteMany,
    unfinishedUpload,
    manyAbandoned,
    otherObject,
    conditional,
    copy,
  ],
  connections({ numReaders, numAbandoned }, { id }) {
    if (id === "many-readers") return Number(numReaders) + 2;
    return id === "many-abandoned" ? Number(numAbandoned) + 4 : 8;
  },
  embed,
  behind,
  missing,
  limitMs(params) {
    const own = params as StaleReadParams;
    return 2 * patienceMs(own) + TRANSFERS * own.objectSize / SLOW_LINE;
  },
  curl,
};

async function missing(need: Need, access: Access): Promise<string | undefined> {
  switch (need) {
    case "figures":
      return access.statsUrl ? undefined : "the target's figures are not known (--stats-url)";
    case "other-region":
      return access.store?.otherRegion
        ? undefined
        : "the store's endpoint in another region is not known (--other-region-url)";
    case "browser": {
      const found = await browserAvailability();
      return found.available ? undefined : found.reason;
    }
    default:
      return `'${need}' is not something that this scenario can know of a target`;
  }
}

/** Cases in which a GET is merely left unread, which curl can do: it writes to what does not read. */
const CURL_RANGES: Readonly<Record<string, string>> = {
  "abandoned-get": "",
  "abandoned-range": " -r 65536-",
  expiry: "",
};

function curl({ case: id, params, url }: FinishedRun & { case: string; url: string }) {
  const range = CURL_RANGES[id];
  if (range === undefined) return undefined;
  const { objectSize, lockTimeoutMs } = params as StaleReadParams;
  const seconds = Math.ceil(1.5 * lockTimeoutMs / 1_000);
  return [
    ': "${BUCKET:?a bucket that you may write to}" "${AWS_REGION:=us-east-1}"',
    ': "${AWS_ACCESS_KEY_ID:?your key}" "${AWS_SECRET_ACCESS_KEY:?its secret}"',
    `object="${url}/$BUCKET/edge-repro-$RANDOM"`,
    `head -c ${objectSize} /dev/urandom > object.bin`,
    "s3() {",
    '  curl -sS --aws-sigv4 "aws:amz:$AWS_REGION:s3" \\',
    // curl 7.88 leaves it out, and S3 asks for it; given, it is signed.
    '    -H "x-amz-content-sha256: UNSIGNED-PAYLOAD" \\',
    '    --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" "$@"',
    "}",
    's3 -T object.bin "$object"',
    `s3${range} "$object" | sleep ${seconds} &     # nobody reads it`,
    "sleep 1",
    `s3 -o /dev/null -m ${seconds} -w '%{http_code}, first byte after %{time_starttransfer} s\\n' "$object"`,
    's3 -X DELETE "$object"',
  ];
}
