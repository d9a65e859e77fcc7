// Configs that a gateway can be made of, and how others are refused.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { checkConfig } from "./check_config.ts";
import { ConfigError } from "./check_value.ts";
import { DEFAULT_LIMITS, switchesOf, VARIANT_SWITCHES } from "./config.ts";

const key = { accessKeyId: "AK", secretAccessKey: "hidden" };
const identity = {
  stsUrl: "https://sts.example",
  roleArn: "arn:aws:iam::123456789012:role/writer",
  token: { file: "/var/run/token" },
};
const backend = { endpoint: "https://s3.example", credentials: key };
const base = {
  backends: { main: backend },
  buckets: { videos: { backend: "main" } },
  keys: [key],
};
const withBackend = (more: Record<string, unknown>) => ({
  ...base,
  backends: { main: { ...backend, ...more } },
});
const withBucket = (more: Record<string, unknown>) => ({
  ...base,
  buckets: { videos: { backend: "main", ...more } },
});

Deno.test("configs that a gateway can be made of pass", () => {
  const token = { issuer: "http://127.0.0.1:8789", subject: "s", audience: "a" };
  const good: unknown[] = [
    base,
    { backends: {}, buckets: {} },
    withBackend({ credentials: "anonymous", addressing: "virtual-host", region: "eu-west-1" }),
    withBackend({ endpoint: "http://[::1]:9000/s3/" }),
    withBackend({ credentials: { ...key, sessionToken: "t" } }),
    withBackend({ credentials: identity }),
    withBackend({ credentials: { ...identity, token, durationS: 900, sessionName: "gw" } }),
    withBackend({ credentials: { ...identity, token: { value: "e30.e30.e30" } } }),
    withBucket({ bucket: "Old_Name", prefix: "a/b c/é", access: "anonymous-read" }),
    { ...withBucket({ access: "anonymous-read" }), keys: [] },
    { ...base, keys: [{ ...key, buckets: ["videos"] }], hostnames: ["s3.local"], region: "auto" },
    { ...base, variant: "bug", readBody: "early", limits: { silenceMs: 1 } },
  ];
  for (const config of good) assertEquals(checkConfig(config), config);
});

Deno.test("others are refused in one line: where, what, and what was expected; never a secret", () => {
  const bad: [config: unknown, message: RegExp][] = [
    [undefined, /received nothing as the config, expected an object$/],
    [[], /received a list as the config, expected an object$/],
    [null, /received null as the config/],
    [{ ...base, backend: {} }, /'backend' in the config, expected backends, buckets/],
    [{ ...base, backends: { "": backend } }, /as a name in backends/],
    [
      { ...base, buckets: { Videos: { backend: "main" } } },
      /'Videos' as a name in buckets, .*: 3 to 63 l/,
    ],
    [withBackend({ endpoint: "s3.example" }), /'s3\.example' as backends\.main\.endpoint/],
    [withBackend({ endpoint: "https://user:hidden@s3.example" }), /backends\.main\.endpoint/],
    [withBackend({ endpoint: "https://s3.example/?a=b" }), /backends\.main\.endpoint/],
    [withBackend({ addressing: "host" }), /expected path or virtual-host/],
    [withBackend({ credentials: "hidden" }), /a text \(not shown\) as backends\.main\.credentials/],
    [withBackend({ credentials: { ...key, secretAccessKey: 5 } }), /received a number as/],
    [withBackend({ credentials: { ...key, secretAccessKey: "" } }), /received an empty text as/],
    [withBackend({ credentials: { accessKeyId: "A" } }), /credentials\.secretAccessKey/],
    [withBackend({ credentials: { ...key, secretAccessKey: "hid\nden" } }), /a secret access key/],
    [withBackend({ credentials: { ...key, token: "hidden" } }), /'token' in/],
    [withBackend({ credentials: { ...identity, roleArn: "role" } }), /a role's ARN/],
    [withBackend({ credentials: { ...identity, token: {} } }), /one of value, file and issuer/],
    [withBackend({ credentials: { ...identity, token: { value: 5 } } }), /token\.value/],
    [withBucket({ backend: "other" }), /'other' as buckets\.videos\.backend, expected main/],
    [withBucket({ bucket: "a/b" }), /buckets\.videos\.bucket/],
    [withBucket({ bucket: "a..b" }), /buckets\.videos\.bucket/],
    [withBucket({ prefix: "a/../b" }), /buckets\.videos\.prefix/],
    [withBucket({ prefix: "." }), /buckets\.videos\.prefix/],
    [withBucket({ prefix: "x".repeat(513) }), /at most 512 bytes/],
    [withBucket({ prefix: "\ud800" }), /buckets\.videos\.prefix/],
    [withBucket({ access: "public" }), /keyed or anonymous-read/],
    [{ ...base, keys: [key, key] }, /'AK' twice/],
    [{ ...base, keys: [{ ...key, buckets: ["none"] }] }, /keys\[0\]\.buckets\[0\]/],
    [{ ...base, keys: undefined }, /no key that may use buckets\.videos, .*anonymous-read/],
    [{ ...base, keys: [] }, /no key that may use buckets\.videos/],
    [{ ...base, keys: [{ ...key, buckets: [] }] }, /no key that may use buckets\.videos/],
    [
      {
        ...base,
        buckets: { ...base.buckets, mine: { backend: "main" } },
        keys: [{ ...key, buckets: ["videos"] }],
      },
      /no key that may use buckets\.mine/,
    ],
    [{ ...base, limits: { silenceMs: 0 } }, /limits\.silenceMs/],
    [{ ...base, framing: "none" }, /fixed or chunked/],
  ];
  for (const [config, message] of bad) {
    const error = assertThrows(() => checkConfig(config), ConfigError);
    assert(message.test(error.message), error.message);
    assert(!/hid\n?den|\n/.test(error.message), error.message);
  }
});

Deno.test("a variant sets all switches, and each can be set by itself", () => {
  assertEquals(switchesOf({}), { readBody: "early", uploadPart: "stream", framing: "fixed" });
  assertEquals(switchesOf({ variant: "bug", framing: "fixed" }), {
    readBody: "late",
    uploadPart: "buffer",
    framing: "fixed",
  });
});

Deno.test("the page on the gateway has every name of a config, and the limits with their defaults", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/gateway.md", import.meta.url));
  const rows = page.split("\n").filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  const rowOf = (name: string) => rows.find(([first]) => first === `\`${name}\``) ?? [];
  // What is refused tells which names there are.
  const { message } = assertThrows(() => checkConfig({ none: 0 }), ConfigError);
  for (const name of /expected (.*)$/.exec(message)?.[1]?.split(", ") ?? [""]) {
    assert(rowOf(name).length > 1, name);
  }
  for (const [name, value] of Object.entries(DEFAULT_LIMITS)) {
    assertEquals(rowOf(name)[1], `\`${value}\``, name);
  }
  const { bug, fix } = VARIANT_SWITCHES;
  for (const name of ["readBody", "uploadPart", "framing"] as const) {
    const text = rowOf(name)[1] ?? "";
    assert(text.startsWith(`\`${fix[name]}\` or \`${bug[name]}\` (by the variant)`), name);
  }
});
