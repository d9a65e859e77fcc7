// When alarms run, how often, and what an object sees of them; each is over when so many notes are there.

import type { Conversations, Talk } from "./talk.ts";

/** How many notes each object is waited for, and whether more could come that must not. */
const ALARMS: Readonly<Record<string, { notes: number; noMore?: true }>> = {
  "alarm fires": { notes: 1, noMore: true },
  "alarm in the past": { notes: 1 },
  "alarm throws": { notes: 8 },
  "alarm aborts": { notes: 2, noMore: true },
  "alarm takes itself back and throws": { notes: 1, noMore: true },
  "alarm sets another and throws": { notes: 2, noMore: true },
  "alarm sets another and returns": { notes: 2 },
  "alarm, taken back": { notes: 0, noMore: true },
  "alarm, set twice": { notes: 1, noMore: true },
  "alarm, another set while it runs": { notes: 4 },
};

/** All of them. */
export const alarmTalks: Conversations = {
  "alarm: of an object without a handler": (talk) => talk.request("bare#alarm"),
  ...Object.fromEntries(
    Object.entries(ALARMS).map(([object, { notes, noMore }]) => [
      `alarm: ${object.replace(/^alarm,? /, "")}`,
      async (talk: Talk) => {
        const answer = await talk.request(object);
        const noted = await talk.noted(object, notes);
        // A retry would have come after 2 s.
        if (noMore) await talk.evicted();
        return [answer, noMore ? await talk.notes(object) : noted];
      },
    ]),
  ),
};
