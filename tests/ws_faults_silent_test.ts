// Connections that are over and do not know it yet: one that is closing, and those of a run that has ended.

import { assert, assertEquals } from "@std/assert";
import { ManualClock, realClock } from "../lab/clock.ts";
import { nominalParams } from "../lab/run_spec.ts";
import { Timeline } from "../lab/timeline.ts";
import { wsHibernationParams } from "../scenarios/ws_hibernation/params.ts";
import { Room } from "../scenarios/ws_hibernation/room.ts";
import { wsHibernation } from "../scenarios/ws_hibernation/scenario.ts";
import { startEcho } from "./ws_faults_host.ts";
import { CLOSE, RawClient } from "./ws_faults_socket.ts";
import { accessTo } from "./ws_hibernation_runs.ts";

for (
  const [path, className] of [
    ["/websocket", "EchoObject"],
    ["/websocket/plain", "PlainEchoObject"],
  ] as const
) {
  Deno.test(`${path}: a client that does not answer its close is left out, and the others hear all`, async () => {
    const clock = new ManualClock(1_000_000);
    await using server = await startEcho({ clock, hibernateAfterMs: 600_000 });
    using stale = await RawClient.connect(server.port, path);
    await clock.advance(30_000);
    using live = await RawClient.connect(server.port, path);
    using other = await RawClient.connect(server.port, path);
    await clock.advance(30_000);
    // It has got its close frame, and keeps silent.
    const came = await stale.next();
    assertEquals(came.kind === "frame" && came.opcode, CLOSE);
    assertEquals(server.sockets("echo", className), 3);
    live.json({ type: "broadcast", content: "still here?", id: "1" });
    const [own, heard] = [await live.message(), await other.message()];
    assertEquals([own.type, own.content, own.id], ["broadcast", "still here?", "1"]);
    assertEquals([heard.type, heard.content], ["broadcast", "still here?"]);
    live.json({ type: "push", content: "later", afterMs: 1_000 });
    assertEquals((await live.message()).type, "push_set");
    await clock.advance(1_000);
    for (const one of [live, other]) assertEquals((await one.message()).type, "push");
    live.json({ type: "status" });
    const { connections, staleClosed } = await live.message();
    assertEquals([connections, staleClosed], [2, 1]);
    assertEquals(server.log.filter((line) => line.includes("threw")), []);
  });
}

Deno.test("a run's connections are the run's: where its scope ends they have ended, however many", async () => {
  await using server = await startEcho();
  const [first] = wsHibernation.cases;
  assert(first);
  const scope = new AsyncDisposableStack();
  const room = new Room({
    ...{ clock: realClock, scope, nonce: "scope", warn: () => {} },
    params: wsHibernationParams.parse(nominalParams(wsHibernation, first, {})),
    access: accessTo(server.url),
    timeline: new Timeline(realClock),
    // Nothing but the scope ends them.
    signal: new AbortController().signal,
  });
  const dialogues = [await room.connect("one"), await room.connect("two", { plain: true })];
  assertEquals(dialogues.map(({ closed }) => closed), [undefined, undefined]);
  await scope.disposeAsync();
  assertEquals(dialogues.map(({ closed }) => closed?.code), [1006, 1006]);
  for (const className of ["EchoObject", "PlainEchoObject"]) {
    await server.settled(room.name, 0, className);
  }
});
