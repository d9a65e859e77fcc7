// workerd as an S3 gateway, as it is configured: its switches, its flag, and whom it reaches.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { launcherOf, type Part } from "../play.ts";
import { EXAMPLES } from "../page.ts";
import type { Place } from "../engine.ts";
import { withRemedies } from "../remedy.ts";
import { workerd } from "../workerd.ts";
import { GATEWAY_ENTRY } from "./gateway_sources.ts";
import { VARIANT_SWITCHES } from "../../servers/s3_gateway/config.ts";
import { checkConfig } from "../../servers/s3_gateway/check_config.ts";

const PLACE: Place = { program: "x", folder: "/tmp/run", port: 6148, asRoot: false };

/** The files of a launch with some ways around. */
function filesWith(...remedies: string[]): Readonly<Record<string, string>> {
  const part: Part | undefined = EXAMPLES.find(({ role }) => role === "s3-gateway");
  assert(part);
  return launcherOf(withRemedies(workerd, remedies), part)?.(PLACE).files ?? {};
}

function switchesWith(...remedies: string[]): unknown {
  const { readBody, uploadPart, framing } = JSON.parse(
    filesWith(...remedies)["gateway.json"] ?? "",
  );
  return { readBody, uploadPart, framing };
}

Deno.test("the gateway on workerd is as the report found it, and each way around repairs one switch", () => {
  const { bug, fix } = VARIANT_SWITCHES;
  assertEquals(switchesWith(), bug);
  assertEquals(switchesWith("read-body-early"), { ...bug, readBody: fix.readBody });
  assertEquals(switchesWith("stream-parts"), { ...bug, uploadPart: fix.uploadPart });
  assertEquals(switchesWith("fixed-length"), { ...bug, framing: fix.framing });
  assertEquals(switchesWith("read-body-early", "stream-parts", "fixed-length"), fix);
  assertEquals(switchesWith("repaired"), fix);
  assertEquals(switchesWith("no-cross-request-resolution"), bug);
  assertEquals(switchesWith("repaired", "read-body-early"), fix);
});

Deno.test("the gateway's config on workerd is one that the gateway takes", () => {
  for (const remedies of [[], ["repaired"]]) {
    checkConfig(JSON.parse(filesWith(...remedies)["gateway.json"] ?? ""));
  }
});

Deno.test("the gateway on workerd is of the day that it is deployed with, and takes the same binding", async () => {
  const source = new URL("../../servers/s3_gateway/worker/wrangler.jsonc", import.meta.url);
  const wrangler = await Deno.readTextFile(source);
  const config = filesWith()["config.capnp"] ?? "";
  const [, date] = /"compatibility_date": "(.+?)"/.exec(wrangler) ?? [];
  assertStringIncludes(config, `compatibilityDate = "${date}"`);
  const [, vars = ""] = /"vars": \{(.+?)\n {2}\}/s.exec(wrangler) ?? [];
  const names = [...vars.matchAll(/^ {4}"(\w+)":/gm)].map(([, name]) => name);
  assertEquals(names, ["GATEWAY_CONFIG"]);
  assertStringIncludes(config, `bindings = [(name = "${names[0]}", text = embed `);
  assert(wrangler.includes(GATEWAY_ENTRY.replace(/^.*\//, "")), GATEWAY_ENTRY);
});

Deno.test("the runtime's flag is set by its way alone, and nothing elsewhere is reached", () => {
  const flag = "no_handle_cross_request_promise_resolution";
  const plain = filesWith()["config.capnp"] ?? "";
  assertEquals(plain.includes(flag), false);
  assertStringIncludes(filesWith("no-cross-request-resolution")["config.capnp"] ?? "", flag);
  assertStringIncludes(plain, '(name = "internet", network = (allow = ["local"]))');
});
