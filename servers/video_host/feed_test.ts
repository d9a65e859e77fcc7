// Tests of the feed on a clock that stands still: when the state is read, and when it is sent.

import { assertEquals } from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import { Feed } from "./feed.ts";
import type { HostState } from "./state.ts";

const STATE: HostState = {
  store: { host: "store.test", bucket: "videos", region: "auto" },
  closeBody: false,
  busy: null,
  clip: null,
  unread: null,
  play: null,
  reads: { from: "host", waiting: null, open: [] },
  deletesInMs: null,
  last: { text: "nothing", failed: false },
};

function startFeed(watchers = Infinity) {
  const clock = new ManualClock();
  let state = STATE, readings = 0;
  const feed = new Feed({
    clock,
    watchers,
    read: () => {
      readings++;
      return Promise.resolve(state);
    },
  });
  return {
    clock,
    feed,
    readings: () => readings,
    become: (next: HostState) => void (state = next),
  };
}

/** The texts of `last` in what a stream has sent, as they come. */
function lasts(response: Response): string[] {
  const texts: string[] = [];
  const stream = response.body?.pipeThrough(new TextDecoderStream());
  (async () => {
    for await (const event of stream ?? []) texts.push(JSON.parse(event.slice(6)).last.text);
    texts.push("ended");
  })();
  return texts;
}

Deno.test("feed: nothing is read while nobody watches", async () => {
  const { clock, feed, readings } = startFeed();
  feed.changed();
  await clock.advance(10_000);
  assertEquals([readings(), clock.pending], [0, 0]);
  const watching = feed.watch();
  await clock.advance(1_000);
  await watching.body?.cancel();
  const before = readings();
  await clock.advance(10_000);
  assertEquals([readings() - before, clock.pending, feed.watching], [0, 0, 0]);
});

Deno.test("feed: a change is sent at once, ages alone are not, and silence is broken", async () => {
  const { clock, feed, become } = startFeed();
  const sent = lasts(feed.watch());
  await clock.advance(0);
  assertEquals(sent, ["nothing"]);
  become({ ...STATE, play: { nth: 1, agoMs: 0 }, last: { text: "plays", failed: false } });
  feed.changed();
  await clock.advance(0);
  assertEquals(sent, ["nothing", "plays"]);
  become({ ...STATE, play: { nth: 1, agoMs: 700 }, last: { text: "plays", failed: false } });
  await clock.advance(4_500);
  assertEquals(sent, ["nothing", "plays"]);
  await clock.advance(1_000);
  assertEquals(sent, ["nothing", "plays", "plays"]);
  feed.close();
  await clock.advance(0);
  assertEquals([sent.at(-1), clock.pending], ["ended", 0]);
});

Deno.test("feed: one page too many is refused, and has room when another goes", async () => {
  const { clock, feed } = startFeed(1);
  const first = feed.watch();
  const refused = feed.watch();
  assertEquals([refused.status, refused.headers.get("retry-after")], [503, "10"]);
  await first.body?.cancel();
  const second = feed.watch();
  assertEquals(second.status, 200);
  await clock.advance(0);
  feed.close();
  await second.body?.cancel();
});
