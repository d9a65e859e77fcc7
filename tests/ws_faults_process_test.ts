// A host with a folder, killed in the middle: its clients are told, and what it had told them is kept.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { realClock } from "../lab/clock.ts";
import { Running } from "./cli_process.ts";
import { RawClient } from "./ws_faults_socket.ts";

/** How many pushes an object keeps at most, and how many a client of these tests asks for at once. */
const MOST_PUSHES = 50, BURST = 40;

/** How long the alarm of the killed host may take to ring in the next one, in milliseconds. */
const PATIENCE_MS = 20_000;

/** Starts `serve ws-echo` on a folder. */
async function serve(folder: string) {
  const args = ["serve", "ws-echo", "--port=0", "--variant=fix", `--folder=${folder}`];
  const child = new Running(args, {
    permissions: [
      ...["--allow-net=127.0.0.1", "--allow-env=AWS_*,R2_*"],
      ...[`--allow-read=${folder}`, `--allow-write=${folder}`],
    ],
  });
  const line = await child.line((one) => one.trim().startsWith("ws-echo "));
  const url = line.trim().split(/\s+/)[1] ?? "";
  const port = Number(new URL(url).port);
  return { child, port, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}

/** Starts `ws` with a script. */
async function startUser(folder: string, url: string, script: string): Promise<Running> {
  const file = join(folder, "script.txt");
  await Deno.writeTextFile(file, script);
  return new Running(["ws", url, `--script=${file}`], {
    permissions: [
      ...["--allow-net=127.0.0.1", `--allow-read=${folder}`],
      "--allow-env=WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE",
    ],
  });
}

async function inFolders(test: (data: string, scripts: string) => Promise<void>): Promise<void> {
  const [data, scripts] = await Promise.all([Deno.makeTempDir(), Deno.makeTempDir()]);
  try {
    await test(data, scripts);
  } finally {
    for (const one of [data, scripts]) await Deno.remove(one, { recursive: true });
  }
}

/** Asks for a push in a day, as often as can be, and gives how many were taken. */
async function fill(client: RawClient): Promise<number> {
  for (let taken = 0;; taken++) {
    client.json({ type: "push", content: "filling", afterMs: 86_400_000 });
    const { type } = await client.message();
    if (type === "error") return taken;
    assertEquals(type, "push_set");
  }
}

for (const path of ["/websocket", "/websocket/plain"]) {
  Deno.test(`${path}: a host killed with -9 tells its clients, and one on its folder goes on`, () =>
    inFolders(async (data, scripts) => {
      let told = 0;
      {
        await using host = await serve(data);
        const { child, port } = host;
        const script = "ping\nwait 1h\nping\n";
        await using user = await startUser(scripts, `ws://127.0.0.1:${port}${path}`, script);
        await user.line((line) => line.includes("received pong"));
        using left = await RawClient.connect(port, path);
        left.fin();
        await left.ended();
        using client = await RawClient.connect(port, path);
        client.json({ type: "push", content: "due", afterMs: 2_500 });
        assertEquals((await client.message()).type, "push_set");
        for (let sent = 0; sent < BURST; sent++) {
          client.json({ type: "push", content: sent, afterMs: 86_400_000 });
        }
        while (told < BURST / 2) {
          assertEquals((await client.message()).type, "push_set");
          told++;
        }
        child.kill("SIGKILL");
        // What was on its way may still come.
        for (let came = await client.next(); came.kind === "frame"; came = await client.next()) {
          told++;
        }
        const { code, stdout } = await user.finished();
        assertMatch(stdout, / the server (closed|reset) the connection: 1006\n/);
        assertMatch(stdout, /\n1 request sent, 1 answered, 0 lost, 1 not sent\n$/);
        assertEquals(code, 1);
      }
      await using host = await serve(data);
      // Nobody has asked for anything: the alarm that was set before is what wakes the object.
      const giveUp = realClock.setTimeout(() => host.child.kill("SIGKILL"), PATIENCE_MS);
      await host.child.errorLine((line) =>
        line === "ws-echo: echo: Alarm triggered - sending a push"
      );
      giveUp();
      using client = await RawClient.connect(host.port, path);
      using other = await RawClient.connect(host.port, `${path}?object=other`);
      client.json({ type: "status" });
      const { connections, closes, alarmInstance, instance } = await client.message();
      // Those of the killed host are nobody's any more.
      assertEquals([connections, closes], [1, 1]);
      assert(alarmInstance === instance, "the alarm ran in another instance");
      const kept = MOST_PUSHES - await fill(client);
      assert(kept >= told && kept <= BURST, `${told} pushes were told of, ${kept} are kept`);
      await other.ping();
    }));
}
