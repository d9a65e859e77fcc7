// `ws`: a WebSocket client for a terminal or a script, which marks what was left unanswered.

import { realClock } from "../lab/clock.ts";
import { messageOf, UsageError } from "../lab/errors.ts";
import { ACCESS_FLAGS } from "./access.ts";
import { parseHeaders } from "./address.ts";
import type { Command } from "./command.ts";
import type { Args, Flag } from "./flags.ts";
import { EXIT_INTERRUPTED } from "./interrupt.ts";
import { missingPermission } from "./permission.ts";
import { Secrets } from "./secrets.ts";
import { rows } from "./table.ts";
import { durationOf, wordOf } from "./values.ts";
import { checkAllowed, hostOf, parseWsAddress } from "./ws_address.ts";
import { streamConsole, terminalConsole, type WsConsole } from "./ws_console.ts";
import { isProgress, writeEvent, type WsEvent, type WsStyle } from "./ws_event.ts";
import { LINES, parseLine, parseScript, type WsAction } from "./ws_line.ts";
import { WsSession } from "./ws_session.ts";

const HEARTBEAT_MS = 20_000, THRESHOLD_MS = 5_000, TIMEOUT_MS = 10_000;

const FLAGS: readonly Flag[] = [
  {
    name: "heartbeat",
    kind: "string",
    placeholder: "DURATION",
    description: "between heartbeats, 0 for none; a bare number is in seconds",
    default: "20s",
  },
  {
    name: "threshold",
    kind: "string",
    placeholder: "DURATION",
    description: "a request without an answer is marked after this; a bare number is in seconds",
    default: "5s",
  },
  {
    name: "timeout",
    kind: "string",
    placeholder: "DURATION",
    description: "how long connecting may take; a bare number is in seconds",
    default: "10s",
  },
  {
    name: "script",
    kind: "string",
    placeholder: "FILE",
    description: "take the lines from a file; '# ...' is a comment, 'wait 2s' waits",
  },
  {
    name: "reconnect",
    kind: "boolean",
    description: "connect again when the connection ends, 0.5 s to 30 s later, ten times at most",
  },
  {
    name: "format",
    kind: "string",
    placeholder: "pretty|ndjson",
    description: "how what happens is written",
    default: "pretty",
  },
  ...ACCESS_FLAGS.filter(({ name }) => ["header", "host", "insecure"].includes(name)),
];

/** The command `ws`. */
export const ws: Command = {
  positionals: { name: "URL", usage: "URL", min: 1, max: 1 },
  examples: [
    "ws ws://127.0.0.1:8787/websocket",
    "ws wss://worker.example.workers.dev/websocket --script pings.txt --heartbeat 0",
  ],
  notes: [
    "A line that is typed is sent as a message of the echo object ({type, content, id}), except: " +
    LINES.slice(0, -1).map(([line, what]) => `${line} (${what})`).join(", ") + ".",
    "Without a terminal the lines of standard input are a script: after the last one, or 'quit', it " +
    "waits for the answers, then closes. Every message is shown with the time since the request that " +
    "it answers, by the id that the server echoes, else by its type.",
    "Exit codes: 0 every request was answered, 1 some were not, 3 it could not connect.",
  ],
  flags: () => FLAGS,
  async run(args, { io, interrupt }) {
    const secrets = new Secrets();
    const { url, path, authorization, shown } = parseWsAddress(args.positionals[0] ?? "", secrets);
    const headers = parseHeaders(args.list("header"), secrets);
    if (authorization !== undefined) {
      if ("authorization" in headers) {
        throw new UsageError("--header: 'authorization' is given by the URL's user and password");
      }
      headers["authorization"] = authorization;
    }
    const host = hostOf(args.value("host"));
    const format = wordOf(args, "format", ["pretty", "ndjson"]) ?? "pretty";
    const settings = {
      heartbeatMs: heartbeatOf(args),
      thresholdMs: durationOf(args, "threshold", "s") ?? THRESHOLD_MS,
      timeoutMs: durationOf(args, "timeout", "s") ?? TIMEOUT_MS,
      reconnect: args.has("reconnect"),
    };
    const script = scriptOf(args);
    const access = { url, headers, insecure: args.has("insecure"), ...(host && { host }) };
    await checkAllowed(url);

    const stop = new AbortController();
    const onSignal = () => stop.abort(interrupt.signal.reason);
    interrupt.signal.addEventListener("abort", onSignal, { once: true });
    if (interrupt.signal.aborted) onSignal();
    const byHand = script === undefined && io.outIsTerminal && Deno.stdin.isTerminal();
    using console = byHand
      ? terminalConsole(io, () => stop.abort(new DOMException("interrupted", "AbortError")))
      : streamConsole(io);
    const color = io.colorAllowed && io.outIsTerminal && !args.has("no-color");
    const session = new WsSession({
      access,
      path,
      shownUrl: shown,
      clock: realClock,
      random: Math.random,
      signal: stop.signal,
      ...settings,
      onEvent: (event, atMs) => {
        if (byHand && event.event === "sent" && event.by === "line") return;
        show(event, atMs, console, { format, color, width: console.width }, secrets);
      },
    });
    try {
      return await converse(session, { console, script, byHand, signal: stop.signal, format });
    } finally {
      interrupt.signal.removeEventListener("abort", onSignal);
    }
  },
};

interface Conversation {
  console: WsConsole;
  script: readonly WsAction[] | undefined;
  byHand: boolean;
  signal: AbortSignal;
  format: WsStyle["format"];
}

/** Connects, does what the lines say, closes. Gives the exit code. */
async function converse(session: WsSession, conversation: Conversation): Promise<number> {
  const { console, signal, byHand, format } = conversation;
  const interrupted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  let failure: unknown;
  const work = (async () => {
    await session.start();
    if (byHand && format === "pretty") {
      console.err("type a message, ping or quit; /help shows what else\n");
    }
    await performAll(session, conversation);
    if (!byHand) await Promise.race([session.settled(), session.over]);
  })().catch((error) => {
    if (!signal.aborted) failure = error;
  });
  const over = session.over.catch((error) => void (failure ??= error));
  await Promise.race([work, over, interrupted]);
  // Standard input may be left in the middle of a line, which then is nobody's.
  console[Symbol.dispose]();
  // What is left of a script is counted as not sent.
  if (!signal.aborted) await work;
  const { lost, unsent } = await session.finish();
  if (signal.aborted) return EXIT_INTERRUPTED;
  if (failure !== undefined) throw failure;
  return lost + unsent > 0 ? 1 : 0;
}

async function performAll(
  session: WsSession,
  { console, script, byHand }: Conversation,
): Promise<void> {
  if (script !== undefined) {
    for (const action of script) {
      if (action.kind === "quit") return;
      await session.perform(action);
    }
    return;
  }
  for await (const line of console.lines()) {
    let action: WsAction;
    try {
      action = parseLine(line, !byHand);
    } catch (error) {
      if (!byHand || !(error instanceof UsageError)) throw error;
      console.err(`${error.message}\n`);
      continue;
    }
    if (action.kind === "quit") return;
    if (action.kind === "help") {
      console.err(rows(LINES, Math.min(console.width, 100)).join("\n") + "\n");
    }
    await session.perform(action);
  }
}

function show(
  event: WsEvent,
  atMs: number,
  console: WsConsole,
  style: WsStyle,
  secrets: Secrets,
): void {
  const text = writeEvent(secrets.redact(event), atMs, style);
  if (style.format === "pretty" && isProgress(event)) console.err(text);
  else console.out(text);
}

function heartbeatOf(args: Args): number {
  const off = /^0+(ms|s|m|h)?$/.test(args.value("heartbeat") ?? "");
  return off ? 0 : durationOf(args, "heartbeat", "s") ?? HEARTBEAT_MS;
}

function scriptOf(args: Args): readonly WsAction[] | undefined {
  const file = args.value("script");
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch (error) {
    const why = missingPermission(error) !== undefined
      ? `missing permission; run with --allow-read=${file}, or as deno task start`
      : error instanceof Deno.errors.NotFound
      ? "it does not exist"
      : messageOf(error);
    throw new UsageError(`--script: Cannot read ${file}: ${why}`);
  }
  return parseScript(text, `--script ${file}`);
}
