// How long a read with the AWS SDK goes on when the body stops: by setting, in Deno and in Node.js.

import net from "node:net";
import type { BenchContext, Measurement } from "./measurement.ts";
import { Child } from "./process.ts";
import { type Row, samplesOf, type Table } from "./result.ts";

/** What the limit is set to, wherever a setting has one. */
const LIMIT_MS = 1_000;
/** A read that has not ended by then is taken for one that never ends. */
const WATCH_MS = 6_000;
const ROUNDS = 3;
const SIZE = 1 << 20;
const SENT = 1 << 16;

const PACKAGES = {
  "@aws-sdk/client-s3": "3.1169.0",
  "@smithy/fetch-http-handler": "^5.0.0",
};

type Fault = "stalls" | "ends" | "is reset";

/** The settings of the client, as `sdk_stalled_client.mjs` knows them, and what the table says. */
const SETTINGS: readonly [setting: string, subject: string, fault: Fault][] = [
  ["none", "nothing set; the connection ends (FIN)", "ends"],
  ["none", "nothing set; the connection is reset", "is reset"],
  ["none", "nothing set", "stalls"],
  ["requestTimeout", "requestTimeout", "stalls"],
  ["throwOnRequestTimeout", "requestTimeout and throwOnRequestTimeout", "stalls"],
  ["socketTimeout", "socketTimeout", "stalls"],
  ["abortSignal", "abortSignal of send", "stalls"],
  ["destroy", "Body.destroy() by a timer of one's own", "stalls"],
  ["fetch-none", "fetch handler, nothing set", "stalls"],
  ["fetch-requestTimeout", "fetch handler, requestTimeout", "stalls"],
  ["fetch-abortSignal", "fetch handler, abortSignal of send", "stalls"],
];

/** Answers every request with the header and the beginning of an object, and then with a fault. */
async function startStore(fault: Fault): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    socket.once("data", () => {
      // With a checksum, as objects that were uploaded with the SDK have one: it then reads on.
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\nETag: "x"\r\n` +
          "x-amz-checksum-crc32: AAAAAA==\r\n\r\n",
      );
      socket.write(new Uint8Array(SENT), () => {
        if (fault === "ends") socket.end();
        if (fault === "is reset") setTimeout(() => socket.resetAndDestroy(), 200);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A folder with the SDK as npm installs it, which both runtimes read. */
async function install(folder: string): Promise<void> {
  const manifest = { type: "module", dependencies: PACKAGES };
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify(manifest));
  await Deno.writeTextFile(
    `${folder}/client.mjs`,
    await Deno.readTextFile(new URL("sdk_stalled_client.mjs", import.meta.url)),
  );
  await using npm = new Child("npm", "sh", [
    "-c",
    'npm install --silent --no-audit --no-fund --prefix "$0" && echo installed',
    folder,
  ]);
  await npm.line();
}

interface Read {
  ended: string | null;
  ms: number;
  received: number;
}

async function read(command: readonly string[], args: readonly string[]): Promise<Read> {
  const [program = "", ...rest] = command;
  await using client = new Child("the SDK's client", program, [...rest, ...args]);
  return JSON.parse(await client.line()) as Read;
}

async function rowOf(
  [setting, subject, fault]: typeof SETTINGS[number],
  runtime: string,
  command: readonly string[],
): Promise<Row> {
  await using store = await startStore(fault);
  const args = [`http://127.0.0.1:${store.port}`, setting, String(LIMIT_MS), String(WATCH_MS)];
  const reads: Read[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const one = await read(command, args);
    reads.push(one);
    // What has no end is not waited for again.
    if (one.ended === null) break;
  }
  const endless = reads.find(({ ended }) => ended === null);
  const [first] = reads;
  return {
    subject: `${runtime}: ${subject}`,
    samples: endless ? null : samplesOf(reads.map(({ ms }) => ms)),
    note: endless ? `not ended after ${WATCH_MS} ms` : first?.ended ?? "",
  };
}

async function run(context: BenchContext): Promise<Table[]> {
  const folder = await Deno.makeTempDir({ prefix: "edge-repro-sdk-" });
  try {
    context.progress("a body that stops: installing the AWS SDK into a folder of its own");
    await install(folder);
    const file = `${folder}/client.mjs`;
    const runtimes: [string, string[]][] = [
      ["Deno", [
        ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-config", "--no-lock"],
        ...["--node-modules-dir=manual", "--allow-net=127.0.0.1", "--allow-env"],
        ...["--allow-sys", `--allow-read=${folder}`, file],
      ]],
      ["Node.js", ["node", file]],
    ];
    const rows: Row[] = [];
    for (const setting of SETTINGS) {
      for (const [runtime, command] of runtimes) {
        context.signal.throwIfAborted();
        context.progress(`a body that stops: ${runtime}, ${setting[1]}`);
        rows.push(await rowOf(setting, runtime, command));
      }
    }
    return [{
      id: "sdk-stalled-body",
      title: "A body stops mid-way: when a read with the AWS SDK ends",
      unit: "ms",
      meaning:
        `An object of 1 MiB of which 64 KiB are sent; then nothing comes and the connection stays ` +
        `open, or where it says so the connection ends. The caller reads the whole body, with one ` +
        `attempt, and every limit is ${LIMIT_MS} ms. From the call of send to the end of the read; ` +
        `no figure where it had not ended after ${WATCH_MS} ms.`,
      rows,
    }];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The measurement. */
export const sdkStalledBody: Measurement = {
  id: "sdk-stalled-body",
  parameters: { stalledBodyLimitMs: LIMIT_MS, stalledBodyWatchMs: WATCH_MS },
  run,
};
