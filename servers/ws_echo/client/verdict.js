// @ts-check
// What the page says of the conversation, in one sentence, from counts alone.

/**
 * @typedef {object} Seen
 * @property {"none" | "connecting" | "open" | "closed"} phase Where the connection is.
 * @property {{ sent: number, waiting: number, answered: number, lost: number, cut: number }} counts
 * The requests of this connection.
 * @property {boolean} welcomed Whether the welcome has come.
 * @property {number} reached How many messages came from the object.
 * @property {{ received: number, sent: number, autoResponses: number } | undefined} host What the host
 * saw at the object; undefined where it does not tell.
 */

/**
 * The verdict on one connection.
 *
 * @param {Seen} seen What is known.
 * @returns {{ kind: string, text: string }} The kind is `idle`, `waiting`, `open`, `answered`, `lost` or
 * `closed`.
 */
export function verdictOf(seen) {
  const { phase, counts, welcomed } = seen;
  const { sent, waiting, answered, lost, cut } = counts;
  if (lost > 0) return { kind: "lost", text: `${lossOf(seen)} ${whereOf(seen)}`.trim() };
  if (phase === "none") return { kind: "idle", text: "Not connected yet." };
  if (phase === "connecting") return { kind: "waiting", text: "Connecting …" };
  if (phase === "closed") {
    const text = cut === 0
      ? "Not connected any more."
      : `Closed before ${count(cut, "answer")} came.`;
    return { kind: "closed", text };
  }
  if (!welcomed) return { kind: "waiting", text: "Connected. The welcome has not come yet." };
  if (sent === 0) {
    return { kind: "open", text: "Welcomed. Now say something, and see whether it is answered." };
  }
  if (waiting > 0) return { kind: "waiting", text: `Waiting for ${count(waiting, "answer")}.` };
  return {
    kind: "answered",
    text: answered === 1 ? "Sent and answered." : `All ${answered} answered.`,
  };
}

/** @param {Seen} seen */
function lossOf({ counts: { sent, lost } }) {
  if (lost < sent) return `${lost} of your ${sent} messages got no answer.`;
  return sent === 1 ? "Your message got no answer." : `None of your ${sent} messages was answered.`;
}

/**
 * Where the answers are, as far as the host tells.
 *
 * @param {Seen} seen
 */
function whereOf({ phase, counts, host, reached }) {
  if (host === undefined) return phase === "open" ? "The connection is open." : "";
  const fromObject = reached - host.autoResponses;
  if (host.sent > fromObject) {
    return `The object heard and answered: ${fromObject} of the ${host.sent} it sent reached you.`;
  }
  if (host.received + host.autoResponses < counts.sent) {
    return `The object received ${host.received} of them.`;
  }
  return "The object received them and sent no answer.";
}

/**
 * @param {number} number
 * @param {string} what
 */
function count(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/**
 * A duration as people read it.
 *
 * @param {number} ms In milliseconds.
 * @returns {string} Such as `4 ms` or `14.3 s`.
 */
export function duration(ms) {
  return ms < 999.5 ? `${Math.max(0, Math.round(ms))} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** What the standard and this protocol call the codes that one meets. */
const CODES = {
  1000: "normal",
  1001: "going away",
  1002: "protocol error",
  1003: "unsupported data",
  1005: "no code given",
  1006: "no close frame: the connection broke, or was refused",
  1007: "invalid data",
  1008: "policy",
  1009: "too big",
  1011: "server error",
};

/**
 * How a connection ended, in words.
 *
 * @param {number} code The close frame's code, or one of the standard's that never travel
 * (RFC 6455 §7.4).
 * @param {string} reason The close frame's reason.
 * @param {boolean} wasOpen Whether it had been open.
 */
export function closingOf(code, reason, wasOpen) {
  const meaning = reason || Reflect.get(CODES, code);
  const what = wasOpen ? "Closed" : "Could not connect: closed";
  return `${what} with code ${code}${meaning ? `: ${meaning}` : ""}.`;
}
