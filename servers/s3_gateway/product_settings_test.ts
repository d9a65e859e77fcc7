import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UsageError } from "../../lab/errors.ts";
import type { Params } from "../../lab/params.ts";
import type { S3GatewaySettings } from "../../lab/role.ts";
import { s3GatewayDefinition } from "./definition.ts";

const STS = "http://127.0.0.1:8789";

/** What a product in the gateway's place is told, with these flags. */
function settings(given: Params): S3GatewaySettings {
  const part = s3GatewayDefinition.standIn?.part({ sts: STS, ...given });
  if (part?.role !== "s3-gateway") throw new TypeError("The gateway has another role");
  return part.settings;
}

Deno.test("a product in the gateway's place is told what the gateway's flags say", () => {
  const { backend, sts, region, ...rest } = settings({
    ...{ backend: "http://localhost:9001", bucket: "media=videos" },
    ...{ silenceMs: 5, exchangeMs: 6 },
  });
  assertEquals([backend.url.href, backend.bucket], ["http://localhost:9001/", "videos"]);
  assertEquals([sts.url.origin, region, rest.bucket], [STS, "auto", "media"]);
  assertEquals([rest.backendTimeoutMs, rest.stsTimeoutMs], [5, 6]);
  const usual = settings({});
  assertEquals(usual.backend.url.origin, "http://127.0.0.1:9000");
  assertEquals([usual.bucket, usual.backend.bucket], ["edge-repro", "edge-repro"]);
});

Deno.test("its switches are those of the variant, and one that is given by itself wins", () => {
  const repaired = (given: Params) => settings(given).repaired;
  assertEquals(repaired({}), []);
  assertEquals(repaired({ variant: "fix" }), ["readBody", "uploadPart", "framing"]);
  assertEquals(repaired({ variant: "fix", readBody: "late" }), ["uploadPart", "framing"]);
  assertEquals(repaired({ variant: "bug", uploadPart: "stream" }), ["uploadPart"]);
  assertEquals(repaired({ framing: "chunked" }), []);
});

Deno.test("what a product in the gateway's place cannot be told is refused", () => {
  const refused: readonly (readonly [Params, RegExp])[] = [
    [{ sts: "" }, /^--sts: received nothing, .*name sts beside it/],
    [{ bucket: "a,b" }, /^--bucket: received 'a,b', expected NAME or NAME=BUCKET /],
    [{ bucket: "a=b/c" }, /^--bucket: received 'a=b\/c', /],
    [{ backend: "https://s3.example.com" }, /^--backend: received 'https:.*, .*this machine/],
    [{ sts: "http://127.example.com" }, /^--sts: received 'http:.*, .*this machine/],
  ];
  for (const [given, expected] of refused) {
    assertMatch(assertThrows(() => settings(given), UsageError).message, expected);
  }
});
