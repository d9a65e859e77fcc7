// Tests of the event streams: a page that does not read is cut off, and nobody is listened to in vain.

import { assert, assertEquals } from "@std/assert";
import type { HostEvent } from "../durable_objects/events.ts";
import type { HostFigures } from "../durable_objects/figures.ts";
import { EventStreams } from "./event_stream.ts";

/** A host that tells what a test has it tell. */
function fakeHost() {
  const listeners = new Set<(event: HostEvent) => void>();
  let seq = 0;
  return {
    listeners,
    stats: (): HostFigures => ({
      schema: "edge-repro/stats@1",
      waiting: 0,
      locks: 0,
      upstreams: 0,
      objects: [],
    }),
    subscribe(listener: (event: HostEvent) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell(name: string) {
      const event: HostEvent = {
        kind: "evicted",
        seq: ++seq,
        atMs: 0,
        id: "0",
        name,
        className: "EchoObject",
        incarnation: 1,
      };
      for (const listener of listeners) listener(event);
    },
  };
}

const ALL = { name: undefined, className: undefined };

Deno.test("event streams: a page that does not read is cut off, and those that read are not", async () => {
  const host = fakeHost();
  const streams = new EventStreams({ host, now: () => 0 });
  const idle = streams.open(ALL);
  const other = streams.open({ ...ALL, name: "another" });
  for (let n = 0; n < 5_000; n++) host.tell("a");
  assertEquals(streams.watching, 1);
  const text = await idle.text();
  const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  assert(ids.length > 100 && ids.length <= 1_000, `${ids.length}`);
  assertEquals(ids, ids.map((_, at) => at + 1));
  host.tell("another");
  streams.close();
  assertEquals([...(await other.text()).matchAll(/^id: /gm)].length, 1);
});

Deno.test("event streams: the host is listened to only while a page watches", async () => {
  const host = fakeHost();
  const streams = new EventStreams({ host, now: () => 0 });
  assertEquals(host.listeners.size, 0);
  const [one, two] = [streams.open(ALL), streams.open(ALL)];
  assertEquals([host.listeners.size, streams.watching], [1, 2]);
  await one.body?.cancel();
  assertEquals(host.listeners.size, 1);
  await two.body?.cancel();
  assertEquals([host.listeners.size, streams.watching], [0, 0]);
  streams.close();
  assertEquals(streams.open(ALL).status, 503);
});
