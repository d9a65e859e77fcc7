// What is behind the gateway goes down and comes back: its backend, and its token service.

import { createHash } from "node:crypto";
import { controlJson } from "../../../probes/http_json.ts";
import { UnmetError } from "../../../lab/errors.ts";
import { isGood } from "../attempts.ts";
import { backendOf } from "../backend.ts";
import { Contents, seedOf } from "../contents.ts";
import { ask, type Asked, createUpload, partRequest } from "../raw.ts";
import { readBack } from "../read_back.ts";
import { judgeRecovery, type Recovery, recoveryMetrics } from "../recovery.ts";
import { type Context, setStage, type Stage } from "../stage.ts";
import { type SwitchedCase, switchedCase } from "../switched_case.ts";
import { SEED } from "./texts.ts";

/** More than all buffers on the way take, in bytes: the backend stops in the middle of it. */
const STUCK_BYTES = 24 << 20;

const SMALL_BYTES = 10_000;

/** How long setting things right again may take, in milliseconds of the wall clock. */
const MENDING_MS = 5_000;

/** What a target is given where it is not known for how long it waits, in milliseconds. */
const UNTOLD_MS = 60_000;

/**
 * How long an error may take at the most, in milliseconds: the target waits for what is down, and may do
 * so twice. Where the parameter is not known to be the target's own it has longer.
 */
function patienceMs(
  { params, access: { told = [] } }: Context,
  name: "backendTimeoutMs" | "stsTimeoutMs",
): number {
  const ownMs = told.includes(name) ? params[name] : Math.max(params[name], UNTOLD_MS);
  return 2 * ownMs + params.thresholdMs;
}

const RULE =
  "pass: while it is down each request is answered in time with an error of S3's, 500 or above, and " +
  "when it is back all succeed. fail: one is not answered, breaks off, or not as S3 answers, or still " +
  "fails afterwards. inconclusive: the target did not notice anything.";

type Request = (context: Context, stage: Stage, limitMs: number) => Promise<Asked>;

const put: Request = (context, stage, limitMs) => {
  const key = stage.keyOf("object");
  const body = new Contents(1, SMALL_BYTES, seedOf(context.nonce)).of(0, SMALL_BYTES);
  const request = { method: "PUT", bucket: stage.bucket, key, body };
  return ask(context, stage, request, { operation: "PutObject", limitMs });
};

const list: Request = (context, stage, limitMs) => {
  const query = { "list-type": "2", prefix: stage.keyOf("") };
  const request = { method: "GET", bucket: stage.bucket, query };
  return ask(context, stage, request, { operation: "ListObjectsV2", limitMs });
};

const deleteTwo: Request = (context, stage, limitMs) => {
  const keys = ["a", "b"].map((name) => `<Object><Key>${stage.keyOf(name)}</Key></Object>`);
  const body = new TextEncoder().encode(`<Delete><Quiet>true</Quiet>${keys.join("")}</Delete>`);
  const request = {
    ...{ method: "POST", bucket: stage.bucket, query: { delete: "" }, body },
    headers: [["Content-MD5", createHash("md5").update(body).digest("base64")]] as const,
  };
  return ask(context, stage, request, { operation: "DeleteObjects", limitMs });
};

async function stopBackend(context: Context): Promise<Recovery> {
  const { scope, timeline } = context;
  const stage = await setStage(context);
  const backend = backendOf(context);
  const key = stage.keyOf("upload");
  // The target gets its key to the backend by it, too.
  const uploadId = await createUpload(stage, key);
  const body = new Contents(1, STUCK_BYTES, seedOf(context.nonce)).of(0, STUCK_BYTES);
  const part: Request = (context, stage, limitMs) =>
    ask(context, stage, partRequest(stage, { key, uploadId }, { body }), {
      ...{ operation: "UploadPart", limitMs },
    });
  const requests = [part, put, list, deleteTwo];
  scope.defer(() => backend.stall(false, AbortSignal.timeout(MENDING_MS)).catch(() => {}));
  await backend.stall(true);
  timeline.add("backend", "stopped");
  const limitMs = patienceMs(context, "backendTimeoutMs");
  const down = await Promise.all(requests.map((request) => request(context, stage, limitMs)));
  await backend.stall(false);
  timeline.add("backend", "goes-on");
  const up: Asked[] = [];
  for (const request of requests) up.push(await request(context, stage, limitMs));
  return {
    phases: [
      { when: "while the backend stood still", expected: "error", asked: down },
      { when: "when it went on", expected: "success", asked: up },
    ],
    ...await readAgain(context, stage, up),
    advice: "check that --backend-log is of the backend behind this target",
    patience: "--backend-timeout",
  };
}

async function failSts(context: Context): Promise<Recovery> {
  const { params: { stsDelayMs }, scope, signal, timeline } = context;
  const stage = await setStage(context);
  const set = async (fault: string, until: AbortSignal = signal) => {
    const url = new URL("/_edge-repro/faults", stsUrlOf(context));
    url.search = String(new URLSearchParams({ surface: "exchange", fault }));
    await controlJson("the token service", url, { method: "PUT", signal: until });
    timeline.add("sts", "told", { fault });
  };
  scope.defer(() => set("none", AbortSignal.timeout(MENDING_MS)).catch(() => {}));
  const limitMs = patienceMs(context, "stsTimeoutMs") + 2 * stsDelayMs;
  const requests = [put, list, deleteTwo];
  const askAll = () => Promise.all(requests.map((request) => request(context, stage, limitMs)));
  await set("fail");
  const failing = await askAll();
  await set("hang");
  const hanging = await askAll();
  await set("none");
  const up: Asked[] = [];
  for (const request of requests) up.push(await request(context, stage, limitMs));
  return {
    phases: [
      { when: "while the token service failed", expected: "error", asked: failing },
      { when: "while it did not answer", expected: "error", asked: hanging },
      { when: "when it was back", expected: "success", asked: up },
    ],
    ...await readAgain(context, stage, up),
    advice:
      "the target has a key already, or --sts is not of its token service: restart it, and probe this " +
      "case by itself before anything else asks it",
    patience: "--sts-timeout",
  };
}

function stsUrlOf({ access: { stsUrl } }: Context): URL {
  if (stsUrl !== undefined) return stsUrl;
  throw new UnmetError(["sts"], "the token service behind the target is not known (--sts)");
}

/** Reads the object again that was put at last, where it was. */
async function readAgain(
  context: Context,
  stage: Stage,
  asked: readonly Asked[],
): Promise<Pick<Recovery, "changed" | "unread">> {
  if (!asked.some((one) => one.operation === "PutObject" && isGood(one))) {
    return { changed: [], unread: [] };
  }
  const contents = new Contents(1, SMALL_BYTES, seedOf(context.nonce));
  const { wrong, unread } = await readBack(context, stage, [{
    ...{ key: stage.keyOf("object"), sizeBytes: SMALL_BYTES },
    check: (offset, bytes) => contents.check(0, offset, bytes),
  }]);
  return { changed: wrong, unread };
}

/** The backend. */
export const backendStalls: SwitchedCase = switchedCase({
  id: "backend-stalls",
  control: true,
  about: ["readBody", "uploadPart"],
  claim: "A backend that stops is told to the client as S3's error, and nothing stays broken.",
  provokes: "Has the backend stop, so that a large part is stuck in the middle and three small " +
    "requests are not answered; then has it go on, and makes all of them again.",
  meaning:
    "One backend that stands still keeps clients waiting for ever, or leaves the gateway broken.",
  rule: RULE,
  source: `${SEED}: "observed as stalled PUTs"`,
  figure: "longestErrorMs",
  needs: ["backend-faults"],
  defaults: { backendTimeoutMs: 3_000, stsDelayMs: 1_000 },
  unpacedMs: 2 * UNTOLD_MS,
  provoke: stopBackend,
  judge: judgeRecovery,
  metrics: recoveryMetrics,
});

/** The token service. */
export const stsFails: SwitchedCase = switchedCase({
  id: "sts-fails",
  control: true,
  about: ["readBody", "uploadPart"],
  claim: "A token service that fails, or says nothing, is told as S3's error and not remembered.",
  provokes:
    "Makes three requests at once while the token service answers with errors, three while it " +
    "does not answer, and three when it is back, at a target without a key to its backend.",
  meaning: "After one failed exchange the gateway serves nobody, or keeps everybody waiting.",
  rule: RULE,
  source: `${SEED}: "the STS AssumeRoleWithWebIdentity exchange"`,
  figure: "longestErrorMs",
  needs: ["sts"],
  defaults: { stsTimeoutMs: 2_000, stsDelayMs: 1_000 },
  unpacedMs: 4 * UNTOLD_MS,
  provoke: failSts,
  judge: judgeRecovery,
  metrics: recoveryMetrics,
});
