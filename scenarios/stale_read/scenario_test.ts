// What a case needs and a target lacks is said before the case runs; and what curl can do is shown without keys.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Access } from "../../lab/scenario.ts";
import { nominalParams } from "../../lab/run_spec.ts";
import { staleRead } from "./scenario.ts";

const access: Access = {
  url: new URL("https://store.example"),
  headers: {},
  insecure: false,
  store: { region: "auto" },
};

Deno.test("other-region, figures: missing until they are told, and the reason names the flag", async () => {
  assertMatch(await staleRead.missing("other-region", access) ?? "", /--other-region-url/);
  assertMatch(await staleRead.missing("figures", access) ?? "", /--stats-url/);
  const url = new URL("https://elsewhere.example");
  const told = { ...access, statsUrl: url, store: { region: "auto", otherRegion: url } };
  assertEquals(await staleRead.missing("other-region", told), undefined);
  assertEquals(await staleRead.missing("figures", told), undefined);
});

Deno.test("curl shows the cases in which a GET is left unread, with keys from the environment", () => {
  const shown = staleRead.cases.flatMap((one) => {
    const params = nominalParams(staleRead, one, {});
    const run = { params, metrics: {}, verdict: "fail", durationMs: 1 } as const;
    const lines = staleRead.curl?.({ ...run, case: one.id, url: "https://store.example" });
    return lines ? [[one.id, lines.join("\n")] as const] : [];
  });
  assertEquals(shown.map(([id]) => id), ["abandoned-get", "abandoned-range", "expiry"]);
  for (const [, text] of shown) {
    assert(text.includes('--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'), text);
    assertMatch(text, /\| sleep 90 &/);
  }
});

Deno.test("many readers are as many connections, which a target that is far away is asked about", () => {
  const [headline] = staleRead.cases;
  const many = staleRead.cases.find(({ id }) => id === "many-readers");
  assert(headline && many);
  const params = nominalParams(staleRead, many, {});
  assertEquals(staleRead.connections?.(params, many), 52);
  assert((staleRead.connections?.(params, headline) ?? 99) <= 20);
  const crowd = staleRead.cases.find(({ id }) => id === "many-abandoned");
  assert(crowd);
  assertEquals(staleRead.connections?.({ ...params, numAbandoned: 7 }, crowd), 11);
});
