// Runs all experiments on one runtime.

import { alarmTalks } from "./alarm_talks.ts";
import type { Results } from "./compare.ts";
import { sleepTalks } from "./sleep_talks.ts";
import type { Side } from "./sides.ts";
import { socketTalks } from "./socket_talks.ts";
import { type Conversations, outcomeOfTalk, Talk } from "./talk.ts";

/** Conversations, all at once: most of their time is waiting. */
const TALKS: Conversations = { ...sleepTalks, ...alarmTalks, ...socketTalks };

/** What each experiment came to. */
export async function runExperiments(side: Side): Promise<Results> {
  await using scope = new AsyncDisposableStack();
  // One after the other, and nothing beside them: some are about the order of things.
  const results = new Map(await rowsOf(side.url));
  const talk = new Talk(side, scope);
  await Promise.all(
    Object.entries(TALKS).map(async ([name, conversation]) => {
      if (results.has(name)) throw new Error(`Two experiments have the name ${name}`);
      results.set(name, await outcomeOfTalk(conversation, talk));
    }),
  );
  return Object.fromEntries(results);
}

/** What each row came to: a request each. */
async function rowsOf(url: URL): Promise<[string, string][]> {
  const kinds = await (await fetch(new URL("/list", url))).json() as Record<string, string[]>;
  const all: [string, string][] = [];
  for (const [kind, rows] of Object.entries(kinds)) {
    for (const row of rows) {
      const asked = new URL("/row", url);
      asked.search = String(new URLSearchParams({ kind, row }));
      const response = await fetch(asked);
      const text = await response.text();
      all.push([row, response.ok ? JSON.parse(text) : `answers ${response.status} ${text}`]);
    }
  }
  return all;
}
