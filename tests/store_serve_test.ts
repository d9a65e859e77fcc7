// `serve object-store` as a process: killed in the middle, started twice, stopped, short of something.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { DEMO_BUCKET, DEMO_CREDENTIALS as key } from "../servers/s3/demo_credentials.ts";
import { run, Running } from "./cli_process.ts";
import { filesBelow, inFolder } from "./store_folder.ts";
import { ask, headOf, writeAll } from "./store_raw.ts";

/** The permissions of the task `serve`, and those of a data folder. */
const SERVE = ["--allow-net=127.0.0.1", "--allow-env=AWS_*,R2_*"];
const withFolder = (
  folder: string,
) => [...SERVE, `--allow-read=${folder}`, `--allow-write=${folder}`];

/** A store that is served, and its port. */
async function serve(folder: string): Promise<Running & { port: number }> {
  const args = ["serve", "object-store", "--port=0", "--data", folder, "--variant=fix"];
  const child = new Running(args, { permissions: withFolder(folder), env: NO_KEYS });
  const line = await child.line((one) => one.includes("object-store"));
  return Object.assign(child, { port: Number(/:(\d+)$/.exec(line)?.[1]) });
}

/** Whoever runs the tests may have keys of their own. */
const NO_KEYS = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
const target = (name: string) => `/${DEMO_BUCKET}/${name}`;
const content = (bytes: number, seed: number) =>
  new Uint8Array(bytes).map((_, i) => (i * 31 + seed + (i >> 8)) & 255);

/** Begins an upload and sends a part of it. */
async function begin(port: number, path: string, sizeBytes: number, sent: Uint8Array) {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = { method: "PUT", target: path, key, payloadHash: "UNSIGNED-PAYLOAD" };
  await writeAll(connection, headOf({ ...request, lengthBytes: sizeBytes }).head);
  await writeAll(connection, sent);
  return connection;
}

/** Waits until the store has so many bytes more than files can tell. */
async function untilStored(port: number, bytes: number): Promise<void> {
  while (true) {
    const answer = await fetch(`http://127.0.0.1:${port}/_edge-repro/stats`);
    if ((await answer.json()).storedBytes >= bytes) return;
  }
}

Deno.test("killed in the middle of uploads and started again: each object is whole or absent", () =>
  inFolder(async (folder) => {
    const MIB = 1 << 20;
    for (let round = 0; round < 3; round++) {
      await using child = await serve(folder);
      const { port } = child;
      if (round > 0) {
        const list = await ask(port, { method: "GET", target: `/${DEMO_BUCKET}?list-type=2`, key });
        const names = new TextDecoder().decode(list.body).match(/<Key>.*?<\/Key>/g) ?? [];
        assert(names.length >= round && names.length <= 2 * round, names.join());
        for (let at = 0; at < round; at++) {
          const whole = await ask(port, { method: "GET", target: target(`whole-${at}`), key });
          assertEquals(whole.body, content(MIB, at));
          // The last byte was on its way: stored or not, but never half.
          const last = await ask(port, { method: "GET", target: target(`last-${at}`), key });
          if (last.status === 200) assertEquals(last.body, content(MIB, 100 + at));
          else assertEquals(last.code, "NoSuchKey");
          const half = await ask(port, { method: "GET", target: target(`half-${at}`), key });
          assertEquals([half.status, half.code], [404, "NoSuchKey"]);
        }
        // No part of what was cut is left: two files at most are an object's, its record and its bytes.
        const blobs = (await filesBelow(folder)).filter((path) => /^(tmp|blobs)\//.test(path));
        assertEquals(blobs.length, names.length, blobs.join());
      }
      const put = { method: "PUT", target: target(`whole-${round}`), key };
      assertEquals((await ask(port, { ...put, body: content(MIB, round) })).status, 200);
      const stats = await (await fetch(`http://127.0.0.1:${port}/_edge-repro/stats`)).json();
      using half = await begin(port, target(`half-${round}`), MIB, content(MIB / 2, 7));
      const body = content(MIB, 100 + round);
      using last = await begin(port, target(`last-${round}`), MIB, body.subarray(0, MIB - 1));
      await untilStored(port, stats.storedBytes + MIB);
      await writeAll(last, body.subarray(MIB - 1));
      child.kill("SIGKILL");
      await child.finished();
      assert(half);
    }
  }));

Deno.test("a second instance on the same folder ends with one line and exit 2, the first goes on", () =>
  inFolder(async (folder) => {
    await using child = await serve(folder);
    const again = ["serve", "object-store", "--port=0", "--data", folder];
    const { code, stdout, stderr } = await run(again, { permissions: withFolder(folder) });
    assertMatch(stderr, /^error: [^\n]*another object store uses it[^\n]*\n$/);
    assert(stderr.includes(folder));
    assertEquals([code, stdout], [2, ""]);
    const put = { method: "PUT", target: target("k"), key, body: content(10, 1) };
    assertEquals((await ask(child.port, put)).status, 200);
    child.kill("SIGKILL");
    await child.finished();
    // A lock that its owner's death did not end would keep everybody out.
    await using next = await serve(folder);
    assertEquals(
      (await ask(next.port, { ...put, method: "GET", body: content(0, 0) })).status,
      200,
    );
  }));

Deno.test("Ctrl-C while an upload stalls and a read is left ends with 0, and nothing is left", () =>
  inFolder(async (folder) => {
    await using child = await serve(folder);
    const { port } = child;
    const put = { method: "PUT", target: target("read"), key, body: content(16 << 20, 1) };
    assertEquals((await ask(port, put)).status, 200);
    const before = await filesBelow(folder);
    using stalled = await begin(port, target("stalled"), 1 << 20, content(1 << 19, 2));
    await untilStored(port, (16 << 20) + (1 << 18));
    using unread = await Deno.connect({ hostname: "127.0.0.1", port });
    await writeAll(unread, headOf({ method: "GET", target: target("read"), key }).head);
    await unread.read(new Uint8Array(64));
    child.kill("SIGINT");
    const { code, stderr } = await child.finished();
    assertEquals([code, stderr], [0, "Ctrl-C stops\nstopping\n"]);
    assertEquals(await filesBelow(folder), before);
    assert(stalled);
  }));

Deno.test("what a data folder needs is named in one line: its permissions, its being one of ours", () =>
  inFolder(async (folder) => {
    const data = `${folder}/data`;
    const args = ["serve", "object-store", "--port=0", "--data", data];
    for (const more of [[], [`--allow-write=${data}`], [`--allow-read=${data}`]]) {
      const { code, stdout, stderr } = await run(args, { permissions: [...SERVE, ...more] });
      assertMatch(stderr, /^error: Missing permission: read and write access[^\n]*\n$/);
      assert(stderr.includes(`--allow-read=${data} --allow-write=${data}`), stderr);
      assertEquals([code, stdout], [2, ""]);
    }
    // Refused before anything was made.
    await Deno.mkdir(data);
    await Deno.writeTextFile(`${data}/mine.txt`, "not yours");
    const foreign = await run(args, { permissions: withFolder(folder) });
    assertMatch(foreign.stderr, /^error: [^\n]*mine\.txt, which is not ours[^\n]*\n$/);
    const file = await run([...args.slice(0, -1), `${data}/mine.txt`], {
      permissions: withFolder(folder),
    });
    assertMatch(file.stderr, /^error: Cannot use [^\n]*mine\.txt as data folder: [^\n]*\n$/);
    assertEquals([foreign.code, file.code], [2, 2]);
    assertEquals(await filesBelow(data), ["mine.txt"]);
  }));

/** Listens on a port whose predecessor is free. */
function listenAfterFree(): Deno.TcpListener {
  while (true) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    try {
      Deno.listen({ hostname: "127.0.0.1", port: listener.addr.port - 1 }).close();
      return listener;
    } catch {
      listener.close();
    }
  }
}

Deno.test("a second region's port that is taken, or none, is named with the flag", async () => {
  using listener = listenAfterFree();
  const { port } = listener.addr;
  const taken = await run(["serve", "object-store", "--port", `${port - 1}`], {
    permissions: SERVE,
  });
  assertMatch(
    taken.stderr,
    new RegExp(
      `^error: object-store, [^\\n]*weur[^\\n]*:${port}: [^\\n]*in use[^\\n]*--port PORT[^\\n]*\\n$`,
    ),
  );
  const none = await run(["serve", "object-store", "--port=65535"], { permissions: SERVE });
  assertMatch(none.stderr, /^error: object-store, [^\n]*65536 is no port; --port PORT[^\n]*\n$/);
  assertEquals([taken.code, taken.stdout, none.code, none.stdout], [2, "", 2, ""]);
});
