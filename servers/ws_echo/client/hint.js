// @ts-check
// What the page says of the object's sleep: what keeps it awake, and how long until it is evicted.

/**
 * @typedef {object} Seen All times in milliseconds.
 * @property {boolean} open Whether the connection is.
 * @property {boolean} tells Whether the host tells of the object.
 * @property {boolean} plain Whether the socket was accepted without hibernation.
 * @property {string | undefined} state Where the object is, as the host told last.
 * @property {number | undefined} evictsInMs Until its eviction, where the host says so.
 * @property {number | undefined} nextBeatInMs Until this page's next heartbeat.
 * @property {boolean} paused Whether the page is silent at the user's wish.
 * @property {number} quietMs Since anything was sent or came.
 * @property {number | undefined} staleAfterMs How long the object bears a client without heartbeats.
 */

/** Where no host tells, the bar is full after the idle time of the report. */
const REPORTED_MS = 30_000;

/**
 * The hint, and how much of the idle time is over.
 *
 * @param {Seen} seen What is known.
 * @returns {{ text: string, share: number }} The share is between 0 and 1.
 */
export function hintOf(seen) {
  const { open, tells, plain, state, evictsInMs, quietMs } = seen;
  if (!open) return { text: "Connect first.", share: 0 };
  if (plain) {
    return { text: "Accepted plainly, it cannot hibernate while this socket is open.", share: 0 };
  }
  if (!tells) {
    const share = Math.min(1, quietMs / REPORTED_MS);
    return {
      text: `Quiet for ${seconds(quietMs)}. ${UNTOLD} ${beatOf(seen, undefined)}`.trim(),
      share,
    };
  }
  if (state === "hibernated") {
    return { text: `Asleep. Send something, and it is woken. ${staleOf(seen)}`.trim(), share: 1 };
  }
  if (evictsInMs === undefined) {
    return { text: "Busy: see below what keeps it in memory.", share: 0 };
  }
  const share = quietMs / (quietMs + evictsInMs || 1);
  return { text: `Evicted in ${seconds(evictsInMs)}. ${beatOf(seen, evictsInMs)}`.trim(), share };
}

const UNTOLD = "Objects are evicted after 10 s in the open runtime, after about 30 s as reported.";

/**
 * @param {Seen} seen
 * @param {number | undefined} evictsInMs
 */
function beatOf(seen, evictsInMs) {
  const { nextBeatInMs, paused } = seen;
  if (paused) return `Heartbeats are paused. ${staleOf(seen)}`;
  if (nextBeatInMs === undefined) return "";
  return evictsInMs === undefined || nextBeatInMs < evictsInMs
    ? `The next heartbeat, in ${seconds(nextBeatInMs)}, comes first: press “Be idle” to pause them.`
    : "";
}

/** @param {Seen} seen */
function staleOf({ staleAfterMs }) {
  return staleAfterMs === undefined
    ? ""
    : `The object closes who sends no heartbeat for ${seconds(staleAfterMs)}.`;
}

/** @param {number} ms */
function seconds(ms) {
  return `${Math.ceil(ms / 1_000)} s`;
}
