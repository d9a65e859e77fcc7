// What a case needs and a target lacks is said before the case runs.

import { assertEquals, assertMatch } from "@std/assert";
import type { Access, Need } from "../../lab/scenario.ts";
import { cacheLock } from "./scenario.ts";

const access: Access = { url: new URL("https://edge.example"), headers: {}, insecure: false };

const LACKING: [Need, Partial<Access>][] = [
  ["figures", { statsUrl: new URL("https://edge.example/stats") }],
  ["origin", { originUrl: new URL("https://origin.example") }],
  ["lock-wait-timeout", { told: ["lockWaitTimeoutMs"] }],
  ["lock-age-timeout", { told: ["lockAgeTimeoutMs"] }],
];

for (const [need, what] of LACKING) {
  Deno.test(`${need}: missing until it is told, and the reason names the flag`, async () => {
    assertMatch(await cacheLock.missing(need, access) ?? "", /--[a-z-]+/);
    assertEquals(await cacheLock.missing(need, { ...access, ...what }), undefined);
  });
}

Deno.test("local, descriptors: missing on a target that is not on this machine", async () => {
  for (const need of ["local", "descriptors"] as const) {
    assertMatch(await cacheLock.missing(need, access) ?? "", /this machine/);
  }
});

Deno.test("telling one timeout does not tell the other", async () => {
  const told = { ...access, told: ["lockWaitTimeoutMs"] };
  assertMatch(await cacheLock.missing("lock-age-timeout", told) ?? "", /--lock-age-timeout/);
});
