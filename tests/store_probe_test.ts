// `probe stale-read` aimed at stores that refuse, cut or keep: the reason in a line, and what is left behind.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { findEngine } from "../engines/find.ts";
import { moto } from "../engines/moto.ts";
import { versitygw } from "../engines/versitygw.ts";
import { resultSchema, type Run } from "../lab/result.ts";
import { put } from "../servers/object_store/testing_storage.ts";
import { run, START } from "./cli_process.ts";
import { ENV, type Fault, KEY, probe, refusal, startBehind } from "./store_behind.ts";

/** What the command line says of a target. */
interface Said {
  code: number;
  run: Run;
  stderr: string;
}

async function say(args: readonly string[], env: Readonly<Record<string, string>> = ENV) {
  const { code, stdout, stderr } = await probe([...args, "--format", "json"], { env });
  const [run] = resultSchema.parse(JSON.parse(stdout)).runs;
  assert(run);
  return { code, run, stderr } satisfies Said;
}

/** Runs against a store with a fault before it; what is in it afterwards is told too. */
async function against(
  fault: Fault,
  args: readonly string[] = [],
  env?: Readonly<Record<string, string>>,
): Promise<Said & { names: string[] }> {
  await using store = await startBehind("fix", fault);
  const said = await say(["--target", store.url, ...args], env);
  return { ...said, names: store.names() };
}

/** What a request does, as `PUT bucket` or `PUT object`. */
function asked({ method, url }: Request): string {
  const { pathname } = new URL(url);
  return `${method} ${pathname.split("/").length < 3 ? "bucket" : "object"}`;
}

const wrongSecret = { ...ENV, AWS_SECRET_ACCESS_KEY: "another/secret+of-a-test9876" };
const wrongKey = { ...ENV, AWS_ACCESS_KEY_ID: "AKUNKNOWNHERE" };

/** What is wrong, and what must be said of it: each makes a run inconclusive. */
const REFUSALS: readonly [string, Fault, string[], Record<string, string>, ...RegExp[]][] = [
  [
    "a wrong secret",
    () => undefined,
    [],
    wrongSecret,
    /check the secret access key/,
    /SignatureDoes/,
  ],
  [
    "an unknown key",
    () => undefined,
    [],
    wrongKey,
    /does not know the access key id.*InvalidAccess/,
  ],
  ["no key", () => undefined, [], {}, /was not signed: set AWS_ACCESS_KEY_ID/],
  [
    "a wrong region",
    () => undefined,
    ["--region", "mars"],
    ENV,
    /for region 'mars', expected 'wnam': give --region wnam/,
  ],
  [
    "a bucket that is not there",
    () => undefined,
    ["--bucket", "nowhere"],
    ENV,
    /there is no bucket 'nowhere': make it, or name another with --bucket/,
  ],
  [
    "a bucket that must not be made",
    (request) => asked(request) === "PUT bucket" ? refusal(403, "AccessDenied") : undefined,
    [],
    ENV,
    /Cannot create bucket .* s3:CreateBucket/,
  ],
  [
    "an object that must not be written",
    (request) => asked(request) === "PUT object" ? refusal(403, "AccessDenied") : undefined,
    [],
    ENV,
    /Cannot upload .* s3:PutObject/,
  ],
  [
    "a store that is busy",
    (request) => asked(request) === "PUT object" ? refusal(503, "SlowDown") : undefined,
    [],
    ENV,
    /try again later \(SlowDown\)/,
  ],
  [
    "a clock behind",
    () => {
      const date = new Date(Date.now() + 3_600_000).toUTCString();
      return refusal(403, "RequestTimeTooSkewed", { date });
    },
    [],
    ENV,
    /this machine's clock is 3(599|600|601) s behind the store's/,
  ],
  [
    "a clock ahead",
    () => {
      const date = new Date(Date.now() - 3_600_000).toUTCString();
      return refusal(403, "RequestTimeTooSkewed", { date });
    },
    [],
    ENV,
    /this machine's clock is 3(599|600|601) s ahead of the store's/,
  ],
];

Deno.test("what a store refuses is exit code 3 with the cause and the next step, and nothing stays", async (t) => {
  for (const [what, fault, args, env, ...expected] of REFUSALS) {
    await t.step(what, async () => {
      const { code, run, names } = await against(fault, args, env);
      assertEquals([code, run.verdict], [3, "inconclusive"], run.reason);
      for (const pattern of expected) assertMatch(run.reason, pattern);
      assert(!/\n|some\/secret/.test(run.reason), run.reason);
      assertEquals(names, ["given"]);
    });
  }
});

/** The bucket that a run made, and the keys in it. */
function made(names: readonly string[]): { bucket: string; keys: string[] } {
  const bucket = names.find((name) => name.startsWith("edge-repro-")) ?? "";
  const begin = `${bucket}/`;
  return {
    bucket,
    keys: names.filter((name) => name.startsWith(begin)).map((name) => name.slice(begin.length)),
  };
}

/** What was left behind, by the timeline, after checking that standard error says the same. */
function leftBehind({ run, stderr }: Said): string[] {
  const left = run.timeline.filter(({ event }) => event === "left-behind")
    .map(({ detail }) => String(detail["what"]));
  const warned = stderr.split("\n").filter((line) => line.includes("left behind: "));
  assertEquals(warned.length, left.length, stderr);
  for (const what of left) assertStringIncludes(warned.join("\n"), `left behind: ${what} at http`);
  return left;
}

Deno.test("without permission to delete the verdict stays, and what is left is named exactly", async () => {
  for (const variant of ["bug", "fix"] as const) {
    const fault: Fault = ({ method }) =>
      method === "DELETE" ? refusal(403, "AccessDenied") : undefined;
    await using store = await startBehind(variant, fault);
    const own = await say(["--target", store.url]);
    assertEquals(own.code, variant === "bug" ? 1 : 0, own.run.reason);
    const { bucket, keys } = made(store.names());
    assertEquals(keys.length, 2);
    assertEquals(leftBehind(own).sort(), [
      `bucket '${bucket}'`,
      ...keys.map((key) => `object '${key}' in bucket '${bucket}'`).sort(),
    ]);
    assertMatch(own.stderr, /s3:DeleteObject.*\n.*s3:DeleteObject.*\n.*s3:DeleteBucket/);

    const given = await say(["--target", store.url, "--bucket", "given"]);
    assertEquals(given.code, variant === "bug" ? 1 : 0);
    const inGiven = store.names().filter((name) => name.startsWith("given/"))
      .map((name) => `object '${name.slice(6)}' in bucket 'given'`);
    assertEquals([inGiven.length, leftBehind(given).sort()], [2, inGiven.sort()]);
  }
});

Deno.test("a bucket in which someone else has put something stays, and is named", async () => {
  const fault: Fault = async (request, _info, storage) => {
    if (asked(request) === "DELETE object") {
      const bucket = new URL(request.url).pathname.split("/")[1] ?? "";
      await put(storage, bucket, "someone/else's", new TextEncoder().encode("theirs"));
    }
    return undefined;
  };
  const said = await against(fault);
  assertEquals([said.code, said.run.verdict], [0, "pass"], said.run.reason);
  const { bucket, keys } = made(said.names);
  assertEquals(keys, ["someone/else's"]);
  assertEquals(leftBehind(said), [`bucket '${bucket}'`]);
  assertMatch(said.stderr, /is not empty: remove its objects first \(BucketNotEmpty\)/);
});

Deno.test("a connection that is cut in the middle of the upload is said with how far it had come", async () => {
  for (const how of ["reset", "fin"] as const) {
    const fault: Fault = async (request, info) => {
      if (asked(request) !== "PUT object" || !request.url.endsWith("/object")) return undefined;
      const reader = request.body?.getReader();
      await reader?.read();
      info?.abortConnection?.(how);
      await reader?.cancel().catch(() => {});
      return new Response(null, { status: 500 });
    };
    const said = await against(fault);
    assertEquals([said.code, said.run.verdict], [3, "inconclusive"]);
    assertMatch(said.run.reason, /Cannot upload .* was cut .* after \d+ of 16777216 bytes/);
    assertEquals([said.names, leftBehind(said)], [["given"], []]);
  }
});

Deno.test("a store that repeats what it was sent does not make the probe tell it", async () => {
  const token = "the-session-token-of-a-test/0123456789";
  const fault: Fault = ({ headers }) => {
    const sent = `${headers.get("x-amz-security-token")} ${headers.get("authorization")}`;
    // The secret first, though nobody sends it: a long message is cut.
    const text = `<Error><Code>Odd</Code><Message>${KEY.secretAccessKey} ${sent}</Message></Error>`;
    return new Response(text, { status: 400, headers: { "content-type": "application/xml" } });
  };
  const { code, run } = await against(fault, [], { ...ENV, AWS_SESSION_TOKEN: token });
  assertEquals([code, run.verdict], [3, "inconclusive"]);
  assertMatch(run.reason, /Cannot create bucket .* \(Odd\)$/);
});

for (const engine of [versitygw, moto]) {
  const found = await findEngine(engine);
  if (!found) console.warn(`NOT TESTED: ${engine.title} is not installed (${engine.install})`);
  Deno.test({
    name: `${found ? "" : "NOT TESTED, not installed: "}${engine.title} passes by the command line`,
    ignore: !found,
    async fn() {
      const args = ["probe", "stale-read", "--target", `engine:${engine.name}`, "--format", "json"];
      const { code, stdout, stderr } = await run(args, { permissions: START });
      const [only] = resultSchema.parse(JSON.parse(stdout)).runs;
      assertEquals([code, only?.verdict, stderr], [0, "pass", ""], only?.reason);
      assertEquals(only?.target.name, engine.name);
    },
  });
}
