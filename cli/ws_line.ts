// What a typed line, or a line of a script, asks the WebSocket client to do.

import { parseDuration } from "../lab/duration.ts";
import { UsageError } from "../lab/errors.ts";
import { didYouMean } from "../lab/nearest.ts";

/** What a line asks for. */
export type WsAction =
  | { kind: "nothing" }
  /** A request of the seed's protocol, to be answered. */
  | { kind: "request"; type: string; body?: Record<string, unknown> }
  /** A text that is sent as it is. */
  | { kind: "text"; text: string }
  | { kind: "wait"; ms: number }
  | { kind: "help" }
  | { kind: "quit" };

const WORDS: Readonly<Record<string, WsAction>> = {
  ping: { kind: "request", type: "ping" },
  heartbeat: { kind: "request", type: "heartbeat" },
  quit: { kind: "quit" },
};

/** What begins with a slash, by its name. */
const COMMANDS: Readonly<Record<string, (rest: string) => WsAction>> = {
  "/json": jsonAction,
  "/text": (text) => ({ kind: "text", text }),
  "/say": (content) => ({ kind: "request", type: "message", body: { content } }),
  "/status": () => ({ kind: "request", type: "status" }),
  "/help": () => ({ kind: "help" }),
};

/** What can be typed, for help texts. */
export const LINES: readonly (readonly [string, string])[] = [
  ["ping", "ask for a pong"],
  ["heartbeat", "send a heartbeat now"],
  ["quit", "close and leave"],
  ["/json JSON", "send this JSON as it is"],
  ["/text TEXT", "send this text as it is"],
  ["/say TEXT", "send a message, also one that reads like a command"],
  ["/status", "ask the object for its figures"],
  ["/help", "show this"],
  ["anything else", "send it as a message"],
];

/**
 * Reads a line.
 *
 * @param script Whether it is a script's: `#` begins a comment there, and `wait 2s` waits.
 * @throws {UsageError} for an unknown command, JSON that is none and a duration that is none.
 */
export function parseLine(line: string, script: boolean): WsAction {
  const text = line.trim();
  if (text === "" || (script && text.startsWith("#"))) return { kind: "nothing" };
  const word = Object.hasOwn(WORDS, text) ? WORDS[text] : undefined;
  if (word !== undefined) return word;
  const [, name = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
  if (script && name === "wait") return { kind: "wait", ms: parseDuration(rest, "s") };
  if (!name.startsWith("/")) {
    return { kind: "request", type: "message", body: { content: text } };
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return command(rest);
  const known = Object.keys(COMMANDS);
  throw new UsageError(
    `Unknown command '${name}': expected ${known.join(", ")}; /say sends any text as a message` +
      didYouMean(name, known),
  );
}

function jsonAction(text: string): WsAction {
  try {
    JSON.parse(text);
  } catch {
    throw new UsageError(`/json: received '${text}', expected JSON; /text sends any text as it is`);
  }
  return { kind: "text", text };
}

/**
 * Reads a whole script.
 *
 * @throws {UsageError} naming the first line that is none.
 */
export function parseScript(text: string, name: string): WsAction[] {
  return text.split("\n").map((line, at) => {
    try {
      return parseLine(line, true);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`${name}, line ${at + 1}: ${error.message}`);
    }
  });
}
