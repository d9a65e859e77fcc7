// What happens in a session of the WebSocket client, and how it is written: for people, or as JSON.

import { formatDuration } from "../lab/duration.ts";
import { parseMessage } from "../probes/dialogue_message.ts";
import { indented, oneLine } from "../reports/text.ts";

/** Something that happened in a session. */
export type WsEvent =
  | { event: "connected"; url: string; status: number }
  /** `by` is what sent it: a line that was typed, a script, or the heartbeat's timer. */
  | { event: "sent"; type: string; text: string; by: "line" | "heartbeat" }
  | {
    event: "received";
    /** The message's type; undefined for what is no JSON object with one. */
    type?: string;
    text?: string;
    bytes: number;
    /** From the request that it answers, in milliseconds. */
    roundTripMs?: number;
    /** Whether that request had been marked as lost. */
    late?: boolean;
    instance?: string;
    /** Whether the instance is another than the one before. */
    reconstructed?: boolean;
  }
  | { event: "lost"; type: string; afterMs: number; why: "late" | "closed" }
  | { event: "closed"; code: number; reason: string; by: "server" | "client"; why?: string }
  | { event: "reconnecting"; inMs: number; attempt: number; because: string }
  | { event: "summary" } & WsSummary;

/** The counts of a session. */
export interface WsSummary {
  /** Requests, heartbeats too. */
  sent: number;
  answered: number;
  /** Of those, how many after they were marked as lost. */
  late: number;
  lost: number;
  /** Requests that still waited when this side closed. */
  open: number;
  /** Lines that were not sent because the connection was gone. */
  unsent: number;
}

/** How events are written. */
export interface WsStyle {
  format: "pretty" | "ndjson";
  color: boolean;
  /** Columns to wrap at; Infinity for one line an event. */
  width: number;
}

/** Longer texts are cut for people. In characters. */
const LONGEST_SHOWN = 2_000;
const DIM = 2, RED = 31, GREEN = 32, YELLOW = 33;

/** Events that are about the connection rather than what came of it. */
export function isProgress({ event }: WsEvent): boolean {
  return event === "connected" || event === "reconnecting";
}

/** An event as text that ends in a newline. `atMs` is in milliseconds since the epoch. */
export function writeEvent(happened: WsEvent, atMs: number, style: WsStyle): string {
  if (style.format === "ndjson") {
    const { event, ...rest } = happened;
    return JSON.stringify({ at: new Date(atMs).toISOString(), event, ...rest }) + "\n";
  }
  const [text, sgr] = sayEvent(happened);
  const line = happened.event === "summary" ? text : `${timeOf(atMs)} ${text}`;
  const lines = style.width === Infinity ? [line] : indented(line, style.width, "");
  return lines.map((one) => paint(one, sgr, style.color) + "\n").join("");
}

function sayEvent(happened: WsEvent): [text: string, sgr: number] {
  switch (happened.event) {
    case "connected":
      return [`connected to ${happened.url}`, DIM];
    case "sent":
      return [`sent ${shown(happened.text)}`, DIM];
    case "received":
      return [sayReceived(happened), happened.late ? YELLOW : GREEN];
    case "lost": {
      const { type, afterMs, why } = happened;
      const after = formatDuration(afterMs);
      return [
        why === "late"
          ? `NO ANSWER to ${type} within ${after}`
          : `NO ANSWER to ${type}: the connection ended ${after} later`,
        RED,
      ];
    }
    case "closed": {
      const { by, code, reason, why } = happened;
      const who = by === "client" ? "closed" : why ?? "closed by the server";
      return [oneLine(`${who}: ${code}${reason === "" ? "" : ` ${reason}`}`), YELLOW];
    }
    case "reconnecting": {
      const { inMs, attempt, because } = happened;
      return [`reconnecting in ${formatDuration(inMs)} (attempt ${attempt}): ${because}`, DIM];
    }
    case "summary":
      return [saySummary(happened), happened.lost + happened.unsent > 0 ? RED : GREEN];
  }
}

function sayReceived(
  { type, text, bytes, roundTripMs, late, reconstructed, instance }: WsEvent & {
    event: "received";
  },
): string {
  const what = text === undefined ? `${bytes} bytes of binary data` : shown(restOf(text));
  return [
    `received ${type === undefined ? "" : `${type} `}`.trimEnd(),
    ...(roundTripMs === undefined
      ? []
      : [`after ${formatDuration(roundTripMs)}${late ? " (LATE)" : ""}`]),
    ...(reconstructed ? [`from a new instance ${instance}: the object was reconstructed`] : []),
  ].join(" ") + (what === "" ? "" : `: ${what}`);
}

/** What a message says beyond what the line says already; a text that is no message as it is. */
function restOf(text: string): string {
  const message = parseMessage(text);
  if (message === undefined) return text;
  const { type: _type, id: _id, timestamp: _timestamp, ...rest } = message;
  const known = Object.entries(rest).filter(([, value]) => value !== undefined);
  return known.length === 0 ? "" : JSON.stringify(Object.fromEntries(known));
}

function saySummary({ sent, answered, late, lost, open, unsent }: WsSummary): string {
  return [
    `${sent} request${sent === 1 ? "" : "s"} sent`,
    `${answered} answered${late === 0 ? "" : ` (${late} of them late)`}`,
    `${lost} lost`,
    ...(open === 0 ? [] : [`${open} still open when this side closed`]),
    ...(unsent === 0 ? [] : [`${unsent} not sent`]),
  ].join(", ");
}

function shown(text: string): string {
  const line = oneLine(text.slice(0, LONGEST_SHOWN));
  return text.length > LONGEST_SHOWN ? `${line}… (${text.length} characters)` : line;
}

/** The time of day, where the clock on the wall is. */
function timeOf(atMs: number): string {
  const date = new Date(atMs);
  const two = (n: number) => String(n).padStart(2, "0");
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

function paint(text: string, sgr: number, color: boolean): string {
  return color && text !== "" ? `\u001b[${sgr}m${text}\u001b[0m` : text;
}
