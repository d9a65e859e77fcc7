// What the page says of the video, in one sentence, from times alone.

/** A first frame within this many milliseconds was not held back. */
const PROMPT_MS = 2_000;

/**
 * @typedef {object} Seen
 * @property {number} nowMs The time of the page.
 * @property {number | undefined} startedMs When the element was told to load.
 * @property {number | undefined} frameMs When it had its first frame.
 * @property {number | undefined} openedMs When the unread download was open.
 * @property {number | undefined} closedMs When that was closed, at the latest.
 * @property {number} [doubtMs] How much earlier that may have been: the host's answer took so long.
 * @property {string | undefined} failure Why the element gave up.
 */

/**
 * The verdict on one load of the element.
 *
 * @param {Seen} seen What is known, in milliseconds of the page's time.
 * @returns {{ kind: string, text: string }} The kind is `idle`, `waiting`, `held`, `slow`, `served`,
 * `released`, `expired`, `plain` or `failed`. The text changes with the kind only, so that a screen
 * reader is told once.
 */
export function verdictOf(seen) {
  const { nowMs, startedMs, frameMs, openedMs, closedMs, doubtMs = 0, failure } = seen;
  if (startedMs === undefined) {
    return { kind: "idle", text: "Nothing plays yet." };
  }
  if (failure !== undefined) return { kind: "failed", text: `The video failed: ${failure}` };
  const waitedMs = (frameMs ?? nowMs) - startedMs;
  if (frameMs === undefined) {
    if (nowMs - Math.max(startedMs, closedMs ?? 0) < PROMPT_MS) {
      return { kind: "waiting", text: "Waiting for the first frame." };
    }
    return openedMs !== undefined && closedMs === undefined
      ? {
        kind: "held",
        text: "No frame. The video waits, and the unread download is still open.",
      }
      : {
        kind: "slow",
        text: "No frame yet, although no unread download is open: something is slow.",
      };
  }
  const after = `First frame after ${seconds(waitedMs)}`;
  if (openedMs === undefined || (closedMs !== undefined && closedMs < startedMs)) {
    return { kind: "plain", text: `${after}. No unread download was open.` };
  }
  if (closedMs !== undefined && closedMs - doubtMs <= frameMs) {
    return {
      kind: "released",
      text: `${after}: ${
        seconds(Math.max(0, frameMs - closedMs))
      } after the unread download was closed.`,
    };
  }
  return waitedMs < PROMPT_MS
    ? {
      kind: "served",
      text: `${after}, with the unread download still open. This store serves both.`,
    }
    : {
      kind: "expired",
      text: `${after}, with the unread download still open: the store let go of it on its own.`,
    };
}

/**
 * A duration as people read it.
 *
 * @param {number} ms In milliseconds.
 * @returns {string} Such as `0.12 s` or `14.3 s`.
 */
export function seconds(ms) {
  return `${(ms / 1_000).toFixed(ms < 1_000 ? 2 : 1)} s`;
}
