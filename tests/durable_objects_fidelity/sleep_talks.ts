// What is evicted, what is not, and what follows a wake.

import { realClock } from "../../lab/clock.ts";
import { sleepers } from "./sleep_scripts.ts";
import type { Client, Conversations, Talk } from "./talk.ts";

const UTF8 = new TextEncoder();

/** How often a client speaks to which the runtime answers by itself, in milliseconds. */
const SPEAKS_EACH_MS = 1_000;

/** Whether an object that nothing happens to any more is evicted. */
async function sleeps(talk: Talk, object: string): Promise<string> {
  await talk.evicted();
  return await talk.incarnation(object) === 1 ? "stays in memory" : "is evicted";
}

/** The same while its client goes on speaking; gives the kinds of answers too. */
async function sleepsThough(
  talk: Talk,
  object: string,
  speak: (client: Client) => void,
): Promise<unknown> {
  const client = await talk.client(object);
  const heard = new Set<string>();
  const over = new AbortController();
  const speaking = (async () => {
    while (!over.signal.aborted) {
      speak(client);
      heard.add(await client.next());
      await realClock.sleep(SPEAKS_EACH_MS);
    }
  })();
  const outcome = await sleeps(talk, object);
  over.abort();
  await speaking;
  return [outcome, ...heard];
}

/** Sleepers that need more than a request to begin. */
const APART: Conversations = {
  "hibernatable socket": async (talk) => {
    await talk.client("hibernatable socket");
    return await sleeps(talk, "hibernatable socket");
  },
  "hibernatable socket, kept in a field": async (talk) => {
    await talk.client("hibernatable socket, kept in a field");
    return await sleeps(talk, "hibernatable socket, kept in a field");
  },
  "plain socket": async (talk) => {
    await talk.client("plain socket");
    return await sleeps(talk, "plain socket");
  },
  "plain and hibernatable sockets": async (talk) => {
    await talk.client("plain and hibernatable sockets", "1");
    await talk.client("plain and hibernatable sockets", "2");
    return await sleeps(talk, "plain and hibernatable sockets");
  },
  "plain socket, closed": async (talk) => {
    const client = await talk.client("plain socket, closed");
    client.close("");
    await talk.noted("plain socket, closed", 1);
    return await sleeps(talk, "plain socket, closed");
  },
  "setTimeout, fired": async (talk) => {
    await talk.request("setTimeout, fired");
    await talk.noted("setTimeout, fired", 1);
    return await sleeps(talk, "setTimeout, fired");
  },
  "auto-responses": (talk) => sleepsThough(talk, "auto-responses", (client) => client.say("ping")),
  "pings": (talk) =>
    sleepsThough(talk, "pings", ({ raw }) => raw.frame(9, UTF8.encode("anyone there?"))),
  "handler pending": async (talk) => {
    const client = await talk.client("handler pending");
    client.say("go");
    await talk.noted("handler pending", 1);
    return await sleeps(talk, "handler pending");
  },
  "request in flight": async (talk) => {
    talk.hang("request in flight");
    await talk.noted("request in flight", 1);
    return await sleeps(talk, "request in flight");
  },
};

/** What keeps an object in memory, a conversation for each sleeper. */
const keeping: Conversations = Object.fromEntries(
  Object.keys(sleepers).map((object) => [
    `idle: ${object}`,
    APART[object] ?? (async (talk: Talk) => {
      await talk.request(object);
      return await sleeps(talk, object);
    }),
  ]),
);

/** What follows a wake. */
const waking: Conversations = {
  "wake: a burst of 100": async (talk) => {
    const client = await talk.client("wake, burst", "tag");
    await talk.evicted();
    for (let n = 0; n < 100; n++) client.say(String(n));
    return await client.take(100);
  },
  "wake: what a constructor sees": async (talk) => {
    const [first, second] = [
      await talk.client("wake, what a constructor sees", "first"),
      await talk.client("wake, what a constructor sees", "second"),
    ];
    first.say("ping");
    const before = await first.next();
    await talk.evicted();
    second.say("up");
    const echoed = await second.next();
    return [before, echoed, await talk.noted("wake, what a constructor sees", 2)];
  },
  "wake: auto-response of an evicted object": async (talk) => {
    const object = "wake, what a constructor sees#auto";
    const client = await talk.client(object, "one");
    await talk.evicted();
    client.say("ping");
    const asleep = [await client.next(), await talk.notes(object)];
    client.say("up");
    return [...asleep, await client.next(), await talk.noted(object, 2)];
  },
  "wake: a slow constructor": async (talk) => {
    const object = "wake, slow constructor";
    const client = await talk.client(object);
    await talk.evicted();
    client.say("first");
    client.say("second");
    return [await client.take(2), await talk.noted(object, 4)];
  },
  "wake: the constructor throws": async (talk) => {
    const object = "wake, constructor throws";
    const client = await talk.client(object);
    await talk.evicted();
    client.say("lost");
    return [await client.ended(), await talk.incarnation(object)];
  },
  "wake: by a close": async (talk) => {
    const object = "wake, close";
    const client = await talk.client(object, "tag");
    await talk.evicted();
    client.close(Uint8Array.of(3001 >> 8, 3001 & 255, ...UTF8.encode("bye")));
    return [await talk.noted(object, 1), await client.upTo("end")];
  },
  "wake: by a client that vanishes": async (talk) => {
    const client = await talk.client("wake, close#vanishes", "tag");
    await talk.evicted();
    client.raw.reset();
    return await talk.noted("wake, close#vanishes", 1);
  },
  "wake: by a request": async (talk) => {
    const object = "wake, burst#request";
    const client = await talk.client(object, "tag");
    await talk.evicted();
    const incarnation = await talk.incarnation(object);
    client.say("x");
    return [incarnation, await client.next()];
  },
  "wake: by an alarm": async (talk) => {
    const client = await talk.client("wake, alarm");
    await talk.request("wake, alarm");
    await talk.evicted();
    return await client.next();
  },
};

/** All of them. */
export const sleepTalks: Conversations = { ...keeping, ...waking };
