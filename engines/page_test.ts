import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import type { Role, RoleSettings } from "../lab/role.ts";
import { rolesOf } from "./engine.ts";
import { engines } from "./engines.ts";
import { enginesPage, EXAMPLES } from "./page.ts";
import { launcherOf, type Part, playOf } from "./play.ts";

/** What stands between two spaces of a formatted page; `deno fmt` may break lines anew. */
const words = (text: string) => text.split(/\s+/).filter((word) => word !== "");

Deno.test("docs/engines.md is what the adapters give", async () => {
  const page = await Deno.readTextFile(new URL("../docs/engines.md", import.meta.url));
  assertEquals(
    words(page),
    words(enginesPage(engines)),
    "docs/engines.md is out of date: write it anew with deno task engine-docs",
  );
});

Deno.test("the page has every engine", () => {
  const page = enginesPage(engines);
  for (const { title, name } of engines) {
    assertStringIncludes(page, `## ${title}\n`);
    assertStringIncludes(page, `engine:${name}`);
  }
});

/** Other values than the examples', for each role. */
const CHANGED: { [R in keyof RoleSettings]: RoleSettings[R] } = {
  "caching-proxy": {
    originUrl: new URL("http://127.0.0.1:8001"),
    lockWaitTimeoutMs: 7_000,
    lockAgeTimeoutMs: 8_000,
    maxWaiting: 5,
  },
  "object-store": {
    credentials: { accessKeyId: "ANOTHER-KEY", secretAccessKey: "ANOTHER-SECRET" },
    region: "auto",
  },
  "websocket-server": {
    heartbeatTimeoutMs: 61_000,
    cleanupIntervalMs: 62_000,
    hibernateAfterMs: 33_000,
  },
  "s3-gateway": {
    backend: { url: new URL("http://127.0.0.1:9001"), bucket: "another", region: "eu-central-1" },
    sts: {
      url: new URL("http://127.0.0.1:8790"),
      roleArn: "ANOTHER-ROLE",
      subject: "ANOTHER-SUBJECT",
      audience: "ANOTHER-AUDIENCE",
    },
    bucket: "ANOTHER-BUCKET",
    credentials: { accessKeyId: "ANOTHER-KEY", secretAccessKey: "ANOTHER-SECRET" },
    region: "auto",
    backendTimeoutMs: 61_000,
    stsTimeoutMs: 62_000,
    repaired: ["framing"],
  },
};

/** What a proxy always takes over, whatever it says. */
const ALWAYS: Partial<Record<Role, readonly string[]>> = { "caching-proxy": ["originUrl"] };

Deno.test("an engine's configuration follows its settings", () => {
  const place = { program: "x", folder: "/tmp/run", port: 6148, asRoot: false };
  for (const engine of engines) {
    for (const { role, settings } of EXAMPLES.filter(({ role }) => role in engine.plays)) {
      const shown = (changes: object) => {
        const part = { role, settings: { ...settings, ...changes } } as Part;
        return JSON.stringify(launcherOf(engine, part)?.(place));
      };
      const changed = Object.entries(CHANGED[role]);
      for (const setting of [...ALWAYS[role] ?? [], ...playOf(engine, role)?.applies ?? []]) {
        const one = Object.fromEntries(changed.filter(([name]) => name === setting));
        assertNotEquals(one, {}, setting);
        assertNotEquals(shown(one), shown({}), `${engine.title}: ${setting}`);
      }
    }
  }
});

Deno.test("an engine plays roles of which there is an example", () => {
  const roles: string[] = EXAMPLES.map(({ role }) => role);
  for (const engine of engines) {
    assertNotEquals(rolesOf(engine), [], engine.name);
    for (const role of rolesOf(engine)) assert(roles.includes(role), `${engine.name}: ${role}`);
  }
});
