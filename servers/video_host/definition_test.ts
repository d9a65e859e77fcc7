// Tests of the definition: the embedded store's addresses, whose key is used, and what flags refuse.

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { realClock } from "../../lab/clock.ts";
import { UsageError } from "../../lab/errors.ts";
import { paramFields, parseParam } from "../../lab/params.ts";
import { listen } from "../listen.ts";
import { objectStoreDefinition } from "../object_store/definition.ts";
import { videoHostDefinition } from "./definition.ts";
import { environmentKey } from "./environment_key.ts";
import { startAnswering } from "./testing_host.ts";

const context = { clock: realClock, warn: () => {} };

/** Sets variables, and gives back what was there before. */
function withEnvironment(variables: Record<string, string>): Disposable {
  const names = ["AWS", "R2"].flatMap((prefix) =>
    ["ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"].map((name) => `${prefix}_${name}`)
  );
  const before = names.map((name) => [name, Deno.env.get(name)] as const);
  const set = (name: string, value: string | undefined) =>
    value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  for (const name of names) set(name, variables[name]);
  return {
    [Symbol.dispose]: () => {
      for (const [name, value] of before) set(name, value);
    },
  };
}

Deno.test("definition: wired to the embedded store it tells the whole story there", async () => {
  using _ = withEnvironment({});
  const store = await objectStoreDefinition.create({ variant: "fix" }, context);
  await using storeListening = await listen(store);
  const host = await videoHostDefinition.create({ objectStore: storeListening.url }, context);
  await using hostListening = await listen(host);
  const line = await host.onEnter?.run();
  assert(line?.endsWith(". No page is open; one that is opened now plays the clip"), line);
  const redirect = await fetch(`${hostListening.url}/video.mp4`, { redirect: "manual" });
  const url = redirect.headers.get("location") ?? "";
  await redirect.body?.cancel();
  assert(
    url.startsWith(`${storeListening.url}/_edge-repro/public/edge-repro/edge-repro-clip-`),
    url,
  );
  const clip = await fetch(url, { headers: { range: "bytes=4-7" } });
  assertEquals(await clip.text(), "ftyp");
  const state = await fetch(`${hostListening.url}/api/state`, {
    headers: { accept: "application/json" },
  });
  const { reads, clip: { sizeBytes } } = await state.json();
  assertEquals([reads.from, reads.open[0].unread, sizeBytes], ["store", true, 32 << 20]);
  await host.close();
  assertEquals(store.stats()["objects"], 0);
  await store.close();
});

Deno.test("definition: another store gets the environment's key, the embedded one its own", async () => {
  const authorizations: string[] = [];
  await using server = await startAnswering(async (request) => {
    await request.body?.pipeTo(new WritableStream());
    authorizations.push(
      /Credential=([^/]+)/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "",
    );
    return new Response(null);
  });
  const pair = (prefix: string, id: string) => ({
    [`${prefix}_ACCESS_KEY_ID`]: id,
    [`${prefix}_SECRET_ACCESS_KEY`]: "x",
  });
  const keyOf = async (given: Record<string, string>, variables: Record<string, string>) => {
    using _ = withEnvironment(variables);
    const host = await videoHostDefinition.create({ size: 1 << 20, ...given }, context);
    authorizations.length = 0;
    const upload = await host.fetch(new Request("http://host.test/api/upload", { method: "POST" }));
    assertEquals(upload.status, 200);
    await host.close();
    return authorizations[0];
  };
  const both = { ...pair("AWS", "aws"), ...pair("R2", "r2") };
  const { url } = server;
  const refused: [variables: Record<string, string>, text: RegExp][] = [
    [{}, /^--endpoint: received \S+ without a key to it, .*R2_.*AWS_/],
    [{ R2_ACCESS_KEY_ID: "r2", AWS_SECRET_ACCESS_KEY: "x" }, /^Cannot use half a key: .*R2_/],
  ];
  for (const [variables, text] of refused) {
    const keyless = () => keyOf({ endpoint: url }, variables);
    assertMatch((await assertRejects(keyless, UsageError)).message, text);
  }
  assertEquals(await keyOf({ endpoint: url }, pair("AWS", "aws")), "aws");
  assertEquals(await keyOf({ endpoint: url }, both), "r2");
  assertEquals(await keyOf({ objectStore: url }, both), "aws");
  assertEquals(await keyOf({ objectStore: url }, pair("R2", "r2")), "EDGEREPRODEMO");
});

Deno.test({
  name: "definition: a store that may not be connected to is refused, with the flag that grants it",
  permissions: { net: ["127.0.0.1", "s3.example.com:8443"], env: true, read: true },
  fn() {
    using _ = withEnvironment({ R2_ACCESS_KEY_ID: "id", R2_SECRET_ACCESS_KEY: "secret" });
    const create = (given: Record<string, string>) => () =>
      void videoHostDefinition.create({ size: 1 << 20, ...given }, context);
    const grants = {
      "https://s3.example.com": "s3.example.com:443",
      "http://[::1]:1/x": "[::1]:1",
    };
    for (const [url, host] of Object.entries(grants)) {
      for (const flag of ["endpoint", "object-store"]) {
        const param = flag === "endpoint" ? flag : "objectStore";
        const message =
          `net access to '${host}', for --${flag}; run with --allow-net=${host}, or as`;
        assertThrows(create({ [param]: url }), UsageError, message);
      }
    }
    assertThrows(create({ endpoint: "http://[" }), UsageError, "--endpoint: received 'http://['");
    create({ endpoint: "https://s3.example.com:8443" })();
    create({})();
  },
});

Deno.test("environmentKey: a pair, with its token, or nothing; half a pair is refused", () => {
  using _ = withEnvironment({ AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" });
  assertEquals(environmentKey(["R2", "AWS"]), undefined);
  const halves = {
    R2_ACCESS_KEY_ID: "R2_SECRET_ACCESS_KEY",
    R2_SECRET_ACCESS_KEY: "R2_ACCESS_KEY_ID",
  };
  for (const [given, missing] of Object.entries(halves)) {
    using _ = withEnvironment({ [given]: "half" });
    const why = `received ${given}, expected ${missing} with it`;
    assertThrows(() => environmentKey(["R2", "AWS"]), UsageError, why);
  }
  using __ = withEnvironment({
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_SESSION_TOKEN: "token",
  });
  assertEquals(environmentKey(["R2", "AWS"]), {
    accessKeyId: "id",
    secretAccessKey: "secret",
    sessionToken: "token",
  });
});

Deno.test("definition: flags with a value that cannot be are refused", () => {
  const { params } = videoHostDefinition;
  const fields = new Map(paramFields(params).map((field) => [field.flag, field]));
  const bad = { endpoint: "store", "public-url": "ftp://x", bucket: "No", region: "", size: "100" };
  for (const [flag, text] of Object.entries(bad)) {
    const field = fields.get(flag);
    assert(field !== undefined, flag);
    assertThrows(() => parseParam(params, field, text), Error, `--${flag}: received '${text}'`);
  }
});
