// 10,000 requests at once to a store in a process of its own: all are answered, and memory does not grow.

import { assert, assertEquals } from "@std/assert";
import { DEMO_BUCKET, DEMO_CREDENTIALS as key } from "../servers/s3/demo_credentials.ts";
import { PUBLIC_PATH } from "../servers/object_store/public_reads.ts";
import { Running } from "./cli_process.ts";
import { ask, headOf, readAnswer, writeAll } from "./store_raw.ts";

const REQUESTS = 10_000;
/** Files that both processes have open beside the connections. */
const OTHER_FILES = 200;
/**
 * One crowd and two more. The runtime's allocator (Deno 2.9) does not give back to the system what the
 * first one took, about 300 MiB, and takes a little more now and then; the JavaScript heap had 26 MiB
 * in use after a collection. What is held for good would cost each crowd as much as the first.
 */
const CROWDS = 3;

/** How many files a process may have open here. */
async function openFilesLimit(): Promise<number> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "ulimit -n"] }).output();
  const text = new TextDecoder().decode(stdout).trim();
  return text === "unlimited" ? Infinity : Number(text);
}

/** What a process has in memory, in bytes; as Linux tells. */
async function residentBytes(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1]) * 1024;
}

const target = (name: string) => `/${DEMO_BUCKET}/${name}`;
const contentOf = (i: number) => new TextEncoder().encode(`content ${i}`);

/** Opens connections, not more at once than a listener's queue takes. */
async function connect(port: number, count: number): Promise<Deno.TcpConn[]> {
  const connections: Deno.TcpConn[] = [];
  while (connections.length < count) {
    const batch = Array.from(
      { length: Math.min(100, count - connections.length) },
      () => Deno.connect({ hostname: "127.0.0.1", port }),
    );
    connections.push(...await Promise.all(batch));
  }
  return connections;
}

const atOnce = Math.min(REQUESTS, await openFilesLimit() - OTHER_FILES);
if (atOnce < REQUESTS) {
  console.warn(
    `NOT TESTED: ${REQUESTS} connections at once: the limit of open files allows ${atOnce}`,
  );
}

Deno.test({
  name:
    `${REQUESTS} requests, ${atOnce} at once, are all answered, and more of them take no more memory`,
  ignore: Deno.build.os !== "linux" || atOnce < 100,
  async fn() {
    const permissions = ["--allow-net=127.0.0.1", "--allow-env=AWS_*,R2_*"];
    const env = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
    const args = ["serve", "object-store", "--port=0", "--variant=bug", "--lock-timeout=5m"];
    await using child = new Running(args, { permissions, env });
    const line = await child.line((one) => one.includes("object-store"));
    const port = Number(/:(\d+)$/.exec(line)?.[1]);
    const figures = async () =>
      await (await fetch(`http://127.0.0.1:${port}/_edge-repro/stats`)).json();
    /** One request on each of many connections, all of them sent before any answer is read. */
    const crowd = async (
      head: (i: number) => Uint8Array,
      meanwhile: (count: number) => Promise<void> = async () => {},
      before: () => Promise<void> = async () => {},
    ) => {
      const answers = [];
      for (let from = 0; from < REQUESTS; from += atOnce) {
        await before();
        const connections = await connect(port, Math.min(atOnce, REQUESTS - from));
        for (const [i, connection] of connections.entries()) {
          await writeAll(connection, head(from + i));
        }
        await meanwhile(connections.length);
        for (const connection of connections) answers.push(await readAnswer(connection));
        for (const connection of connections) connection.close();
      }
      return answers;
    };

    const held = { method: "PUT", target: target("held"), key, body: new Uint8Array(16 << 20) };
    assertEquals((await ask(port, held)).status, 200);
    const memory: number[] = [await residentBytes(child.pid)];
    const puts = await crowd((i) => {
      const body = contentOf(i);
      const { head } = headOf({ method: "PUT", target: target(`k/${i}`), key, body });
      return new Uint8Array([...head, ...body]);
    });
    assertEquals(puts.filter(({ status }) => status !== 200), []);
    assertEquals((await figures()).objects, REQUESTS + 1);
    for (let round = 0; round < CROWDS; round++) {
      const gets = await crowd((i) =>
        headOf({ method: "GET", target: `${PUBLIC_PATH}${target(`k/${i}`)}` }).head
      );
      for (const [i, { status, body }] of gets.entries()) {
        assertEquals([status, body], [200, contentOf(i)]);
      }

      // Behind an unread GET they wait all at once, which shows that they are there at once.
      const range = headOf({
        method: "GET",
        target: target("held"),
        key,
        headers: { range: "bytes=5-9" },
      });
      let abandoned: Deno.TcpConn | undefined;
      const ranges = await crowd(
        () => range.head,
        async (count) => {
          while ((await figures()).waiting < count) { /* The last of them are on their way. */ }
          const { status } = await ask(port, { method: "HEAD", target: target("k/1"), key });
          assertEquals(status, 200);
          abandoned?.close();
        },
        async () => {
          abandoned = await Deno.connect({ hostname: "127.0.0.1", port });
          await writeAll(abandoned, headOf({ method: "GET", target: target("held"), key }).head);
          await abandoned.read(new Uint8Array(64));
        },
      );
      assertEquals(ranges.filter(({ status, body }) => status !== 206 || body.length !== 5), []);
      const { locks, waiting } = await figures();
      assertEquals([locks, waiting], [0, 0]);
      memory.push(await residentBytes(child.pid));
    }
    const shown = memory.map((bytes) => `${bytes >> 20} MiB`).join(", ");
    console.log(`resident before, and after each crowd: ${shown}`);
    const [first = 0, ...later] = memory.slice(1).map((bytes, at) => bytes - (memory[at] ?? 0));
    assert(Math.min(...later) < first / 2, shown);
  },
});
