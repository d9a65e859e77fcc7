// One request of a run: what it is to be answered with, and what became of it.

import type { Dialogue } from "../../probes/dialogue.ts";
import type { Message } from "../../probes/dialogue_message.ts";
import { answerTypeOf, type Reply } from "../../probes/dialogue_requests.ts";
import { type Asked, sayClose } from "./asked.ts";

/** What can be asked. */
export type Request =
  | "heartbeat"
  | "ping"
  | "message"
  | "status"
  | "hold";

/** A request that was made, with the answer where one came. */
export interface Exchange {
  asked: Asked;
  answer: Message | undefined;
  /** The same as it stands at that moment: an answer may have come after it was given up. */
  now(): Exchange;
}

/** What became of a request, by the reply to it as it stands. */
export function exchangeOf(
  what: string,
  dialogue: Dialogue,
  reply: Reply,
  whyWrong: (answer: Message) => string | null,
): Exchange {
  const { sentAtMs } = reply;
  if (reply.lost) {
    const { closed } = dialogue;
    const exchange: Exchange = {
      asked: closed === undefined
        ? { kind: "lost", what, sentAtMs, atMs: sentAtMs + reply.afterMs }
        : {
          ...{ kind: "closed", what, sentAtMs, how: closed.why ?? sayClose(closed) },
          atMs: Math.max(sentAtMs, closed.atMs),
        },
      answer: undefined,
      now() {
        const late = dialogue.lateAnswer(reply);
        return late === undefined ? exchange : exchangeOf(what, dialogue, late, whyWrong);
      },
    };
    return exchange;
  }
  const { answer, atMs: answeredAtMs } = reply;
  const wrong = whyWrong(answer);
  const exchange: Exchange = {
    asked: { kind: "answered", what, sentAtMs, answeredAtMs, wrong },
    answer,
    now: () => exchange,
  };
  return exchange;
}

/** Whether an echo has what was sent somewhere in it: the report does not say how it names that. */
function holdsContent(answer: Message, content: string): boolean {
  return answer.content === content ||
    JSON.stringify(answer).includes(JSON.stringify(content).slice(1, -1));
}

/** Why an answer is not the one that belongs to its request; null when it is. */
export function whyWrong(
  request: Request,
  body: Record<string, unknown>,
  answer: Message,
): string | null {
  const expected = answerTypeOf(request);
  if (answer.type !== expected) {
    return `a ${request} was answered with '${answer.type.slice(0, 40)}', expected '${expected}'`;
  }
  if (request === "message" && !holdsContent(answer, String(body.content))) {
    return "a message was answered with an echo of something else";
  }
  return null;
}
