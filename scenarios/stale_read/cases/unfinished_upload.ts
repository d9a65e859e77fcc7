// An upload of the object's key stops in the middle, and everything else goes on: `unfinished-upload`.

import { type Case, defineCase } from "../../../lab/scenario.ts";
import type { ObjectContent } from "../../../probes/s3/content.ts";
import { type Attempt, type Request, start } from "../attempt.ts";
import { allOf, haveTheirTime } from "../beside.ts";
import { LEAST_OBJECT_BYTES, staleReadParams } from "../params.ts";
import { isQuick, type Reading } from "../reading.ts";
import { call, get, NEW_VERSION, newContentOf, put as putObject } from "../requests.ts";
import { contentOf, type Context, setStage, type Stage } from "../stage.ts";
import { stallUpload } from "../stalled_upload.ts";
import {
  type BesideUpload,
  type Brought,
  judgeUnfinished,
  type Unfinished,
  unfinishedMetrics,
  type Version,
} from "../unfinished.ts";

/** How large the object is in each of its versions, in bytes: a read of it is not to stall. */
const OBJECT_BYTES = 2 << 20;

/** The version of the upload that is never finished. */
const UNFINISHED_VERSION = 2;

const VERSIONS: Readonly<Record<number, Version>> = {
  0: "old",
  [NEW_VERSION]: "new",
  [UNFINISHED_VERSION]: "unfinished",
};

/** What is asked beside the upload. */
interface Wanted extends Pick<BesideUpload, "what" | "limitMs"> {
  /** Its lane in the timeline. */
  lane: string;
  /** Asks for the object. */
  request: Request;
  /** Asks for another. */
  control: Request;
  /** Asks for the object once more. Default: `request`. */
  again?: Request;
}

/** A request with what is asked. */
interface Made {
  wanted: Wanted;
  attempt: Attempt;
}

/** A read of the whole object, any version of it, and what it brings. */
interface VersionRead {
  request: Request;
  brought: Omit<Brought, "expected">;
}

/** Reads the object in full, whatever it is. */
function readVersions(
  stage: Stage,
  when: string,
  others: readonly ObjectContent[],
): VersionRead {
  const brought: VersionRead["brought"] = {
    ...{ when, versions: null, receivedBytes: 0, expectedBytes: OBJECT_BYTES, foreignAtByte: null },
  };
  const request = get(stage, stage.object, {
    whole: true,
    or: others,
    onReport({ versions, receivedBytes, foreignAtByte }) {
      const known = versions.map((version) => VERSIONS[version] ?? "unfinished");
      Object.assign(brought, { versions: known, receivedBytes, foreignAtByte });
    },
  });
  return { request, brought };
}

async function askBesideUpload(context: Context): Promise<Unfinished> {
  const { clock, params: { thresholdMs } } = context;
  const stage = await setStage(context, { objectBytes: OBJECT_BYTES });
  const { bucket, object, other } = stage;
  const { sizeBytes, seed } = object.content;
  const newContent = newContentOf(object);
  const unfinished = contentOf(sizeBytes, seed, UNFINISHED_VERSION);
  const others = [newContent, unfinished];
  const head = (key: string) => call(context, stage, { method: "HEAD", bucket, key });
  const list = (prefix: string) =>
    call(context, stage, { method: "GET", bucket, query: { "list-type": "2", prefix } });
  const wholeMs = thresholdMs + 3 * stage.uploadMs;

  const upload = await stallUpload(context, stage, unfinished);
  const meanwhile = readVersions(stage, "beside it", others);
  const afterPut = readVersions(stage, "beside it, after another PUT,", others);
  const last = readVersions(stage, "once it was closed", others);
  const again = get(stage, object, { whole: true, or: others });
  const wholeRead = { control: get(stage, other), again, limitMs: wholeMs };
  const first = await make(context, [
    { ...wholeRead, what: "a GET", lane: "get", request: meanwhile.request },
    {
      ...{ what: "a HEAD", lane: "head", limitMs: thresholdMs },
      ...{ request: head(object.key), control: head(other.key) },
    },
    {
      ...{ what: "a list", lane: "list", limitMs: thresholdMs },
      ...{ request: list(object.key), control: list(other.key) },
    },
  ]);
  const [put] = await make(context, [{
    ...{ what: "another PUT", lane: "put", limitMs: wholeMs },
    request: putObject(stage, object.key, newContent),
    control: putObject(stage, other.key, other.content),
  }]);
  const isStored = put?.attempt.now().kind === "answered";
  const behind = isStored
    ? await make(context, [
      { ...wholeRead, what: "a GET behind it", lane: "get-behind", request: afterPut.request },
    ])
    : [];
  const made = [...first, ...put ? [put] : [], ...behind];

  const seen = await upload.observe();
  const controls = await askOthers(context, made.filter(isLate));
  const closedAtMs = await upload.close();
  await allOf(context, made.map(({ attempt }) => attempt), clock.now() + 2 * thresholdMs);
  const requests: BesideUpload[] = [];
  for (const { wanted, attempt } of made) {
    const { what, limitMs } = wanted;
    const first = attempt.now();
    const control = controls.get(wanted) ?? null;
    const again = first.kind === "failed" ? await askAgain(context, wanted) : null;
    requests.push({ what, limitMs, first, control, again });
  }
  const closing = start(context, "get-last", last.request);
  await haveTheirTime(context, [closing], wholeMs);
  const [reader] = first;
  return {
    upload: { ...seen, closedAtMs },
    requests,
    brought: [
      { ...meanwhile.brought, expected: reader && isLate(reader) ? ["old", "new"] : ["old"] },
      ...isStored ? [{ ...afterPut.brought, expected: ["new" as const] }] : [],
      { ...last.brought, expected: isStored ? ["new"] : ["old", "new"] },
    ],
  };
}

/** Makes requests at once and gives each its time. */
async function make(context: Context, all: readonly Wanted[]): Promise<Made[]> {
  const made = all.map((wanted) => ({
    wanted,
    attempt: start(context, wanted.lane, wanted.request),
  }));
  const limitMs = Math.max(...all.map((one) => one.limitMs));
  await haveTheirTime(context, made.map(({ attempt }) => attempt), limitMs);
  return made;
}

function isLate({ wanted, attempt }: Made): boolean {
  return !isQuick(attempt.now(), wanted.limitMs);
}

/** Asks for another object what was not answered in time. */
async function askOthers(
  context: Context,
  late: readonly Made[],
): Promise<ReadonlyMap<Wanted, Reading>> {
  const controls = late.map(({ wanted }) => ({
    wanted,
    attempt: start(context, `other-object-${wanted.lane}`, wanted.control),
  }));
  const attempts = controls.map(({ attempt }) => attempt);
  await haveTheirTime(context, attempts, context.params.thresholdMs);
  return new Map(controls.map(({ wanted, attempt }) => [wanted, attempt.now()]));
}

/** Makes a request that failed once more. */
async function askAgain(context: Context, { lane, request, again }: Wanted): Promise<Reading> {
  const attempt = start(context, `${lane}-again`, again ?? request);
  await haveTheirTime(context, [attempt], 2 * context.params.thresholdMs);
  return attempt.now();
}

/** One client that stops in the middle of an upload. */
export const unfinishedUpload: Case = defineCase(staleReadParams, {
  id: "unfinished-upload",
  control: true,
  claim:
    "An upload that stops in the middle keeps nobody from the object, and leaves nothing of it.",
  provokes:
    "PUTs half of a new version to the object's key, and neither goes on nor closes. Then reads the " +
    "object, asks for its header and the list, PUTs another version and reads that; then closes the " +
    "unfinished upload and reads again.",
  meaning: "One client on a broken line makes an object unreadable, or its bytes wrong.",
  rule:
    "pass: each request is answered within the threshold (reads and PUTs of the whole object: and " +
    "thrice the time that its first upload took), reads bring the first version and then that of the " +
    "other PUT, in full, also when the unfinished upload was closed. fail: a request has to wait or is " +
    "refused while the same of another object is answered, or a read brings anything else. inconclusive: " +
    "the target is slow for every object, or had not begun to take the upload, or ended it.",
  source:
    "Amazon S3 API Reference, PutObject (an object is added in full or not at all); RFC 9110 " +
    "§10.1.1 (100 Continue shows that the target waits for the rest)",
  figure: "firstByteMs",
  needs: [],
  defaults: { objectSize: LEAST_OBJECT_BYTES },
  provoke: askBesideUpload,
  judge: judgeUnfinished,
  metrics: unfinishedMetrics,
});
