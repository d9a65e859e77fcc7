// What is answered beside an upload that was begun and never finished: the observation and its judge.

import { formatDuration } from "../../lab/duration.ts";
import { distribution, type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import { cameByItself } from "./abandoned.ts";
import type { StaleReadParams } from "./params.ts";
import { findingOf, sayReading, type SecondReader, tookMs } from "./reading.ts";

/** What shows that the target had begun to take an upload: it asked for more, or the kernel's queues. */
export type Begun = "continue" | "queues";

/** An upload that stopped in the middle. Times are milliseconds of the run's clock. */
export interface UnfinishedUpload {
  sentAtMs: number;
  declaredBytes: number;
  sentBytes: number;
  /** What shows that the target had begun to take it; null where nothing does. */
  begun: Begun | null;
  /** Whether the kernel's table showed, when the others were answered, that the target had it open. */
  shownOpen: boolean;
  /** With what it was answered, though it was not complete; null when it was not. */
  status: number | null;
  /** When it was answered or ended by the target; null when it was not. */
  endedAtMs: number | null;
  /** When this side closed it; null when it did not. */
  closedAtMs: number | null;
}

/** One request beside the unfinished upload. */
export interface BesideUpload extends Omit<SecondReader, "via"> {
  /** What was asked, such as `a GET`. */
  what: string;
  /** How long it may take, in milliseconds. */
  limitMs: number;
}

/** Which version of the object bytes are of: stored before, stored meanwhile, never finished. */
export type Version = "old" | "new" | "unfinished";

const SAY_VERSION: Readonly<Record<Version | "none", string>> = {
  old: "the first version",
  new: "the one that was PUT meanwhile",
  unfinished: "the one that was never finished",
  none: "nothing",
};

/** What one read of the whole object brought. */
export interface Brought {
  /** When it was made, for a sentence: `meanwhile`, `once the upload was closed`. */
  when: string;
  /** What it may bring. */
  expected: readonly Version[];
  /** What it brought, in the order of coming; null when it was not answered in full. */
  versions: readonly Version[] | null;
  /** How many bytes came. */
  receivedBytes: number;
  /** How many there should be. */
  expectedBytes: number;
  /** Where the first byte stands that no upload had; null when there is none. */
  foreignAtByte: number | null;
}

/** What was seen beside an upload that was never finished. */
export interface Unfinished {
  upload: UnfinishedUpload;
  requests: readonly BesideUpload[];
  brought: readonly Brought[];
}

/**
 * Judges whether everything was answered beside the unfinished upload, and none of its bytes were ever
 * read. A `pass` also needs that the target had begun to take it and had it open until all were answered.
 */
export function judgeUnfinished(
  { upload, requests, brought }: Unfinished,
  params: StaleReadParams,
): Judgement {
  if (requests.length === 0) return inconclusive("nothing was asked beside the unfinished upload");
  const found = requests.map((one) => {
    const finding = findingOf(one, one.limitMs, params);
    const unprompted = finding === "blocked" && cameByItself(one.first, upload, params);
    return { ...one, finding: unprompted ? "slow" : finding };
  });
  const firstSentMs = Math.min(...requests.map(({ first }) => first.sentAtMs));
  const lastMs = Math.max(...requests.map(({ first }) => first.sentAtMs + tookMs(first)));
  const wrong = brought.map(whyWrong).find((why) => why !== undefined);
  if (wrong !== undefined) return fail(wrong);
  const over = whyOver(upload, firstSentMs);
  if (over) return inconclusive(over);
  const meanwhile = "while an upload of the same key was left unfinished";
  const held = found.find(({ finding }) => finding === "blocked");
  if (held) {
    return fail(
      `${held.what} ${sayReading(held.first)} ${meanwhile} (allowed ${
        formatDuration(held.limitMs)
      }); ` +
        "the same of another object was answered meanwhile",
    );
  }
  const harmed = found.find(({ finding }) => finding === "harmed");
  if (harmed) {
    return fail(
      `${harmed.what} ${sayReading(harmed.first)} ${meanwhile}; the same of another object was ` +
        "answered meanwhile, and this one when the upload was over",
    );
  }
  const unclear = found.find(({ finding }) => finding !== "quick");
  if (unclear) {
    return inconclusive(
      `${unclear.what} ${
        sayReading(unclear.first)
      } ${meanwhile}; that this is why is not known: the ` +
        `same of another object ${sayReading(unclear.control)}`,
    );
  }
  const doubt = whyOver(upload, lastMs) ?? whyNotBegun(upload);
  if (doubt) return inconclusive(doubt);
  const unread = brought.find(({ versions }) => versions === null);
  if (brought.length === 0 || unread) {
    return inconclusive(`what the object was ${unread?.when ?? "at all"} is not known`);
  }
  const slowestMs = Math.max(...requests.map(({ first }) => tookMs(first)));
  return pass(
    `${requests.map(({ what }) => what).join(", ")}: answered within ${
      formatDuration(slowestMs)
    } ` +
      `${meanwhile} (threshold ${
        formatDuration(params.thresholdMs)
      }); none of its bytes were read, ` +
      "and what was PUT meanwhile stayed",
  );
}

/** Why what a read brought is not what it was to bring. */
function whyWrong(brought: Brought): string | undefined {
  const { when, expected, versions, receivedBytes, expectedBytes, foreignAtByte } = brought;
  const read = `a read of the object ${when}`;
  if (versions?.includes("unfinished")) {
    return `${read} brought bytes of an upload that was never finished`;
  }
  if (foreignAtByte !== null) {
    return `${read} brought, at byte ${foreignAtByte}, what nobody stored`;
  }
  if (versions === null) return undefined;
  if (versions.length > 1) return `${read} brought half of one version and half of another`;
  const [version] = versions;
  if (version === undefined || !expected.includes(version)) {
    return `${read} brought ${SAY_VERSION[version ?? "none"]}, expected ` +
      expected.map((one) => SAY_VERSION[one]).join(" or ");
  }
  if (receivedBytes !== expectedBytes) {
    return `${read} brought ${receivedBytes} bytes, expected ${expectedBytes}`;
  }
  return undefined;
}

/** Why there was no unfinished upload at `atMs`, as far as was seen. */
function whyOver(
  { status, endedAtMs, sentAtMs, sentBytes, declaredBytes }: UnfinishedUpload,
  atMs: number,
): string | undefined {
  if (sentBytes === 0 || sentBytes >= declaredBytes) {
    return `of the upload that was to be left unfinished ${sentBytes} of ${declaredBytes} bytes were sent`;
  }
  if (endedAtMs === null || endedAtMs > atMs) return undefined;
  return "the upload that was to be left unfinished was " +
    `${status === null ? "closed by the target" : `answered with ${status}`} after ` +
    formatDuration(Math.max(0, endedAtMs - sentAtMs));
}

function whyNotBegun({ begun }: UnfinishedUpload): string | undefined {
  return begun === null
    ? "whether the target had begun to take the unfinished upload is not known: it did not ask for " +
      "more ('100 Continue'), and the kernel's table of this machine does not show it"
    : undefined;
}

/** The numbers of what was seen. */
export function unfinishedMetrics({ upload, requests }: Unfinished): Metrics {
  const firsts = requests.map(({ first }) => first);
  const answered = firsts.filter(({ kind }) => kind === "answered");
  const waits = distribution(answered.map(tookMs), "ms");
  return {
    ...(waits && { firstByteMs: waits }),
    unanswered: value(firsts.length - answered.length, "count"),
    unfinishedBytes: value(upload.sentBytes, "bytes"),
  };
}
