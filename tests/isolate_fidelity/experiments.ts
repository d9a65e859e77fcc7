// Makes all experiments on one runtime, each step when the one before has happened.

import { hungFollowers } from "./bursts.ts";
import { touches } from "./touches.ts";
import type { Origin } from "./origin.ts";
import type { Ask } from "./sides.ts";

/** What each experiment came to, by its name. */
export type Outcomes = Readonly<Record<string, string>>;

/** Where they are made. */
export interface Side {
  /** Sends one request to the Worker. */
  ask: Ask;
  /** What the Worker goes out to. */
  origin: Origin;
  /** Whether hung requests are cancelled at once, and not only when another wakes them. */
  hungAtOnce: boolean;
  /** Which run it is: the model's Worker keeps what it has from one to the next. */
  run: string;
}

const BURST = 3;
/** How long after the others' answers one is waited for. */
const NO_ANSWER_MS = 2_000;

async function shown(answer: Promise<Response>): Promise<string> {
  try {
    const response = await answer;
    return `${response.status} ${await response.text()}`;
  } catch (error) {
    // In the model the answer fails, on workerd the connection with it.
    return `no answer: ${(error as Error).name === "AbortError" ? "AbortError" : "cut"}`;
  }
}

function post(of: string): RequestInit {
  const headers = { "content-type": "application/x-www-form-urlencoded", "x-of": of };
  return { method: "POST", body: `${of}=12345`, headers };
}

async function touchRow({ ask, origin, run }: Side, name: string): Promise<string> {
  const key = `${run}: touch ${name}`;
  const query = new URLSearchParams({ name, key });
  const { method = "POST", isOver } = touches[name] ?? {};
  const making = shown(ask(`/make?${query}`, method === "POST" ? post("a") : {}));
  await (isOver ? making : Promise.race([origin.came(key), making]));
  const outcome = await shown(ask(`/touch?${query}`, post("b")));
  origin.release(key);
  const made = await making;
  return made === "200 made" ? outcome : `${outcome}; the other: ${made}`;
}

async function burstRow({ ask, origin, hungAtOnce, run }: Side, name: string): Promise<string> {
  const key = `${run}: burst ${name}`;
  const left = new AbortController();
  const answers: Promise<string>[] = [];
  for (let id = 0; id < BURST; id++) {
    const query = new URLSearchParams({ name, key, id: String(id) });
    const asked = ask(`/burst?${query}`, { ...post("c"), signal: left.signal });
    // The model's requests are not on a connection: whoever leaves just does not hear any more.
    const leaving = new Promise<never>((_, reject) =>
      left.signal.addEventListener("abort", () => reject(left.signal.reason))
    );
    const answer = shown(Promise.race([asked, leaving]));
    answers.push(answer);
    leaving.catch(() => {});
    let isAnswered = false;
    answer.then(() => isAnswered = true);
    const began = async () => Number(await (await ask(`/began?${query}`)).text());
    while (!isAnswered && await began() <= id) {
      // A turn, in which what is under way may go on.
      await new Promise((resolve) => setTimeout(resolve));
    }
    if (id === 0) {
      await Promise.race([origin.came(key), answer]);
    }
  }
  if (hungAtOnce && hungFollowers.has(name)) await Promise.all(answers.slice(1));
  origin.release(key);
  await answers[0];
  const timer = setTimeout(() => left.abort(), NO_ANSWER_MS);
  const all = await Promise.all(answers);
  clearTimeout(timer);
  return all.join(" | ");
}

/** Makes all of them, one after the other. */
export async function makeAll(side: Side): Promise<Outcomes> {
  const rows = await (await side.ask("/rows")).json() as Record<"touches" | "bursts", string[]>;
  const outcomes: Record<string, string> = {};
  for (const name of rows.touches) outcomes[name] = await touchRow(side, name);
  for (const name of rows.bursts) outcomes[name] = await burstRow(side, name);
  return outcomes;
}
