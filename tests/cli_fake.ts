// The command line with one scenario whose cases misbehave on purpose: the program of some tests.

import { z } from "zod";
import { main } from "../cli/main.ts";
import type { Case, Outcome, ProbeContext, Scenario } from "../lab/scenario.ts";
import type { Params } from "../lab/params.ts";
import { fail, pass } from "../lab/verdict.ts";

type Body = (context: ProbeContext<Params>) => Promise<Outcome>;

function fakeCase(id: string, run: Body, needs: Case["needs"] = []): Case {
  return {
    id,
    control: true,
    claim: `The claim of ${id}.`,
    provokes: "Nothing.",
    figure: "",
    meaning: "Nothing.",
    rule: "None.",
    source: "This test.",
    needs,
    defaults: {},
    run,
  };
}

const never = () => new Promise<never>(() => {});
const healthy = () => Promise.resolve({ ...pass("all is well"), metrics: {} });

const cases: Case[] = [
  fakeCase("healthy", healthy),
  fakeCase("ill", () => Promise.resolve({ ...fail("it is ill"), metrics: {} })),
  fakeCase("unmet", healthy, ["figures"]),
  fakeCase("echo", ({ access, timeline }) => {
    const sent = JSON.stringify(access.headers);
    timeline.add("target", "answered", { sent });
    return Promise.resolve({ ...fail(`the target answered ${sent}`), metrics: {} });
  }),
  fakeCase("defect", () => Promise.reject(new TypeError("a nut came loose"))),
  fakeCase("stray", async () => {
    Promise.reject(new TypeError("a stray nut"));
    return await never();
  }),
  fakeCase("denied", () => {
    Deno.readTextFileSync("/etc/hostname");
    return healthy();
  }),
  fakeCase("endless", ({ timeline }) => {
    timeline.add("probe", "began");
    console.error("began");
    return never();
  }),
  fakeCase("clinging", ({ timeline, scope }) => {
    timeline.add("probe", "began");
    // Something that cannot be given back: only a second signal helps.
    scope.defer(never);
    const alive = setInterval(() => {}, 1_000);
    scope.defer(() => clearInterval(alive));
    return never();
  }),
];

const fake: Scenario = {
  id: "fake",
  title: "A scenario that misbehaves",
  summary: "It is there for tests.",
  role: "caching-proxy",
  source: "This test.",
  params: z.object({}),
  headline: "healthy",
  cases,
  embed: () =>
    Promise.resolve({
      access: { url: new URL("http://127.0.0.1:1"), headers: {}, insecure: false },
    }),
  missing: () => Promise.resolve("there is none"),
  limitMs: () => 60_000,
};

await main(Deno.args, {
  scenarios: () => Promise.resolve([fake]),
  servers: () => Promise.resolve([]),
  engines: () => Promise.resolve([]),
});
