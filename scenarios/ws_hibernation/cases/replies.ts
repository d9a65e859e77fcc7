// Whether requests are answered, before and after a sleep: `reply-after-wake`, `large`, `plain-accept`.

import { InconclusiveError } from "../../../lab/errors.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import type { Exchange, Request } from "../exchange.ts";
import { wsHibernationParams } from "../params.ts";
import { judgeReplies, type Phase, type Replies, repliesMetrics } from "../replies.ts";
import { type Context, Room } from "../room.ts";
import { DEAF, MANUAL, RULE, SEED } from "./texts.ts";

/** What is asked at once, each with its body. What a message says is of one run alone. */
type Requests = (nonce: string) => readonly (readonly [Request, Record<string, unknown>?])[];

/** The report's own: what its client sends. */
const RECIPE: Requests = (nonce) => [
  ["ping"],
  ["heartbeat"],
  ["message", { content: `hello ${nonce}` }],
];

/** About as much as fits into 1 MiB, which Workers take at least; in characters. */
const LARGE: Requests = (nonce) => [
  ["message", { content: nonce.padEnd(1_000_000, "x") }],
  ["heartbeat"],
];

const phaseOf = (silentMs: number, exchanges: readonly Exchange[]): Phase => ({
  silentMs,
  asked: exchanges.map(({ asked }) => asked),
});

async function askTwice(
  context: Context,
  { plain, second }: { plain: boolean; second: Requests },
): Promise<Replies> {
  const room = new Room(context);
  const dialogue = await room.connect("client", { plain });
  const askAll = (requests: Requests): Promise<Exchange[]> =>
    Promise.all(
      requests(context.nonce).map(([type, body]) => room.exchange(dialogue, type, body)),
    );
  if (plain && dialogue.welcome.accepted === "hibernation") {
    throw new InconclusiveError(
      "the target accepts with hibernation there by its own word: give --plain-path",
    );
  }
  const first = await askAll(RECIPE);
  const silentMs = await room.silence();
  const last = await askAll(second);
  // A Worker's own figures would wake the object: they are read when all is over.
  const told = plain ? null : await room.told();
  // What was given up in the first phase may have come in the silence: that is slow, and not lost.
  const before = first.map((one) => one.now());
  const after = last.map((one) => one.now());
  const lostAtMs = Math.min(
    ...[...before, ...after].flatMap(({ asked }) => asked.kind === "lost" ? [asked.sentAtMs] : []),
  );
  const answer = after.find((one) => one.answer !== undefined)?.answer;
  return {
    phases: [phaseOf(0, before), phaseOf(silentMs, after)],
    strays: dialogue.strays.filter(({ atMs }) => atMs >= lostAtMs).map(({ what }) => what),
    sleep: plain ? null : room.sleepOf(silentMs, answer, told),
    sent: room.sent,
    told,
  };
}

/** The report's own. */
export const replyAfterWake: Case = defineCase(wsHibernationParams, {
  id: "reply-after-wake",
  control: false,
  claim:
    "A client's requests are answered right after it has connected, and after its object slept.",
  provokes: "Connects, and after the welcome sends a ping, a heartbeat and a message. Then says " +
    "nothing for longer than the object's eviction takes, and sends the three again.",
  meaning: DEAF,
  rule: RULE,
  source: `${SEED}, "Bug Reproduction Tests"`,
  figure: "unanswered",
  needs: [],
  provoke: (context) => askTwice(context, { plain: false, second: RECIPE }),
  judge: judgeReplies,
  metrics: repliesMetrics,
});

/** A long answer. */
export const large: Case = defineCase(wsHibernationParams, {
  id: "large",
  control: false,
  claim: "A message of 1 MB that wakes an object is echoed whole.",
  provokes: "As 'reply-after-wake', but what is sent after the silence is a message of 1,000,000 " +
    "characters, and a heartbeat behind it.",
  meaning: DEAF,
  rule: RULE,
  source: `${MANUAL}: a message may have 1 MiB`,
  figure: "unanswered",
  needs: [],
  provoke: (context) => askTwice(context, { plain: false, second: LARGE }),
  judge: judgeReplies,
  metrics: repliesMetrics,
});

/** The report's working version. */
export const plainAccept: Case = defineCase(wsHibernationParams, {
  id: "plain-accept",
  control: true,
  claim:
    "A client whose socket was accepted without hibernation is answered, also after a silence.",
  provokes: "As 'reply-after-wake', where the target accepts sockets with accept().",
  meaning: "The server, or the way to it, loses answers for other reasons than hibernation.",
  rule:
    "pass: all are answered within the threshold. fail: one is not answered at all though the " +
    "connection stays open. inconclusive: an answer was late, something else came in its place, or " +
    "the connection was closed.",
  source: `${SEED}, src/working-version.ts`,
  figure: "unanswered",
  needs: [],
  provoke: (context) => askTwice(context, { plain: true, second: RECIPE }),
  judge: judgeReplies,
  metrics: repliesMetrics,
});
