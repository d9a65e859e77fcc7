// One request of each kind: all at once while there is no key, and one after the other when there is.

import { until } from "../../engines/testing_engine.ts";
import { type BehindGateway, figureOf } from "../../engines/testing_gateway.ts";
import type { TestingStore } from "../../servers/object_store/testing_store.ts";
import { STATS_PATH } from "../../servers/server.ts";
import type { Outcomes } from "./experiments.ts";
import { arrived, ask, type Rig, type Sent } from "./requests.ts";

const CONTENT = new Uint8Array(70_000).fill(7);

const deleting = (key: string): Sent => ({
  method: "POST",
  path: "?delete",
  body: `<Delete><Object><Key>${key}</Key></Object></Delete>`,
});

/** The id of an upload that has been begun on the store itself. */
async function begunUpload(store: TestingStore, key: string): Promise<string> {
  const answer = await store.fetch(`${store.s3(key)}?uploads`, { method: "POST" });
  const [, id] = /<UploadId>(.*?)<\/UploadId>/.exec(await answer.text()) ?? [];
  if (id === undefined) throw new Error("The store has begun no upload");
  return id;
}

/** One request of each kind, by what it is. */
async function kinds({ store }: BehindGateway, mark: string): Promise<Record<string, Sent>> {
  const key = (kind: string) => `${mark}-${kind}`;
  await store.put(key("read"), CONTENT);
  const part = await begunUpload(store, key("part"));
  const given = await begunUpload(store, key("given"));
  const done = await begunUpload(store, key("done"));
  return {
    DeleteObjects: deleting(key("gone")),
    CreateMultipartUpload: { method: "POST", path: `${key("begun")}?uploads` },
    AbortMultipartUpload: { method: "DELETE", path: `${key("given")}?uploadId=${given}` },
    // There is no such part: the store is who says so.
    CompleteMultipartUpload: {
      method: "POST",
      path: `${key("done")}?uploadId=${done}`,
      body: "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>e</ETag></Part>" +
        "</CompleteMultipartUpload>",
    },
    UploadPart: {
      method: "PUT",
      path: `${key("part")}?partNumber=1&uploadId=${part}`,
      body: CONTENT,
    },
    PutObject: { method: "PUT", path: key("put"), body: CONTENT },
    "PutObject of nothing": { method: "PUT", path: key("empty"), body: "" },
    GetObject: { method: "GET", path: key("read") },
    HeadObject: { method: "HEAD", path: key("read") },
    DeleteObject: { method: "DELETE", path: key("none") },
    ListObjectsV2: { method: "GET", path: `?list-type=2&prefix=${mark}` },
  };
}

/** What the client was told and, for what has a content, how that arrived. */
async function outcome({ behind }: Rig, sent: Sent, answer: Promise<string>): Promise<string> {
  const said = await answer;
  return sent.method === "PUT" ? `${said} | ${await arrived(behind.tap, sent)}` : said;
}

/** Lines, each once, with how often it was there. */
function counted(lines: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([line, times]) => `${times} × ${line}`).join(" | ") || "none";
}

/** One request of each kind, all waiting for the exchange that another one began. */
export async function coldBurst(rig: Rig): Promise<Outcomes> {
  const { side, behind } = rig;
  const figure = (name: string) => figureOf(side.url, STATS_PATH, name);
  const all = Object.entries(await kinds(behind, "cold"));
  const leader = ask(rig, deleting("first"));
  await until(() => Promise.resolve(behind.sts.figure("waiting") === 1));
  const asked = all.map(([name, sent]) => ({ name, sent, answer: ask(rig, sent) }));
  await until(async () => await figure("parkedOnExchange") === asked.length);
  behind.letExchange();
  const outcomes: Outcomes = { "cold, the first": await leader };
  for (const { name, sent, answer } of asked) {
    outcomes[`cold, ${name}`] = await outcome(rig, sent, answer);
  }
  outcomes["cold, exchanges"] = String(await figure("exchanges"));
  outcomes["cold, errors"] = counted(side.errors());
  return outcomes;
}

/** One request of each kind after the other, when there is a key. */
export async function warm(rig: Rig): Promise<Outcomes> {
  const outcomes: Outcomes = {};
  const before = rig.side.errors().length;
  for (const [name, sent] of Object.entries(await kinds(rig.behind, "warm"))) {
    outcomes[`warm, ${name}`] = await outcome(rig, sent, ask(rig, sent));
  }
  outcomes["warm, errors"] = counted(rig.side.errors().slice(before));
  return outcomes;
}
