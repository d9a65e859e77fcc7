// Several objects are deleted in one call while a read of one is left unread: `delete-many`.

import { createHash } from "node:crypto";
import { InconclusiveError } from "../../../lab/errors.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { until } from "../../../lab/until.ts";
import { abandon } from "../abandon.ts";
import { type Request, start } from "../attempt.ts";
import { haveTheirTime, readBeside } from "../beside.ts";
import { type DeletedMany, deletedMetrics, judgeDeleted } from "../deleted.ts";
import { LEAST_OBJECT_BYTES, staleReadParams } from "../params.ts";
import { ask, call, NEW_VERSION, newContentOf } from "../requests.ts";
import { CONTENT_TYPE, contentOf, type Context, setStage, type Stage } from "../stage.ts";

/** Objects that nobody reads. One is named before that which is read, the others behind it. */
const FREE = ["free-1", "free-2", "free-3"] as const;

/** How large each of them is, in bytes. */
const FREE_BYTES = 4_096;

async function deleteTogether(context: Context): Promise<DeletedMany> {
  const { clock, params } = context;
  const stage = await setStage(context);
  const { client, bucket, object, other } = stage;
  const prefix = object.key.slice(0, object.key.lastIndexOf("/") + 1);
  const free = FREE.map((name) => prefix + name);
  const content = contentOf(FREE_BYTES, 3);
  for (const key of free) {
    stage.willWrite(key);
    await client.upload(bucket, key, content, { contentType: CONTENT_TYPE });
  }
  const keys = free.toSpliced(1, 0, object.key);
  const nameOf = (key: string) => key.slice(prefix.length);
  const left = async (): Promise<readonly string[] | null> => {
    const listed = client.list(bucket, prefix).catch(() => undefined);
    const objects = await until(context, listed, clock.now() + params.thresholdMs);
    if (objects === undefined) return null;
    return keys.filter((key) => objects.some((one) => one.key === key)).map(nameOf);
  };
  const readNeighbour = async () => {
    // That it is gone is an answer as well.
    const request = call(context, stage, { method: "GET", bucket, key: prefix + FREE[0] }, [404]);
    const attempt = start(context, "neighbour", request);
    await haveTheirTime(context, [attempt], params.thresholdMs);
    return attempt.now();
  };
  const newContent = newContentOf(object);
  const read = await abandon(context, stage, { contents: [object.content, newContent] });
  let leftWhenLate: DeletedMany["leftWhenLate"] = null;
  let neighbour: DeletedMany["neighbour"] = null;
  let leftAfter: DeletedMany["leftAfter"] = null;
  const { end, ...seen } = await readBeside(context, stage, read, [{
    ...{ via: "plain", lane: "delete-many" },
    request: deleteAll(context, stage, keys),
    control: deleteAll(context, stage, [other.key]),
  }], {
    awaited: "answer",
    // A cut is allowed, and is no doubt that the read was there before.
    proveBefore: true,
    beforeClosing: async () => {
      [leftWhenLate, neighbour] = await Promise.all([left(), readNeighbour()]);
    },
    beforeReadingOn: async () => void (leftAfter = await left()),
  });
  return {
    ...seen,
    change: `deleted with ${free.length} others in one call`,
    gotNewBytes: (end ?? read.report()).versions.includes(NEW_VERSION),
    asked: keys.map(nameOf),
    leftWhenLate,
    neighbour,
    leftAfter,
  };
}

/** Deletes objects in one call, of which each must come out well. */
function deleteAll(context: Context, stage: Stage, keys: readonly string[]): Request {
  const objects = keys.map((key) => `<Object><Key>${key}</Key></Object>`);
  const body = new TextEncoder().encode(`<Delete>${objects.join("")}</Delete>`);
  return ask(
    context,
    stage,
    {
      ...{ method: "POST", bucket: stage.bucket, query: { delete: "" }, body },
      headers: [
        ["Content-Type", "application/xml"],
        // S3 insists on it.
        ["Content-MD5", createHash("md5").update(body).digest("base64")],
      ],
    },
    "DeleteResult",
    ({ Error: errors }) => {
      const [first] = [errors ?? []].flat();
      if (first === undefined) return;
      const { Key: key, Code: code, Message: message } = first as Record<string, unknown>;
      throw new InconclusiveError(`'${key}' was not deleted: ${code} ${message ?? ""}`.trimEnd());
    },
  );
}

/** Many keys in one call, one of which is being read. */
export const deleteMany: Case = defineCase(staleReadParams, {
  id: "delete-many",
  control: true,
  claim: "Objects are deleted in one call while a GET of one of them is left unread.",
  provokes:
    "Leaves a GET of the object unread, and has it deleted with three others, that nobody " +
    "reads, in one DeleteObjects; then goes on with the unread GET.",
  meaning: "One client that forgets to read one object keeps a whole batch from being deleted.",
  rule:
    "pass: the call is answered within the threshold, a list has none of the objects any more, " +
    "and the abandoned read, gone on with, delivers its bytes to their end, or is cut. fail: the call " +
    "has to wait (the reason says which objects were still there, and how one was read meanwhile), or the abandoned read gets other " +
    "bytes. inconclusive: the store is slow for another object too, or nothing was left unread.",
  source: "Amazon S3 API Reference, DeleteObjects (each key stands for itself)",
  figure: "firstByteMs",
  needs: [],
  defaults: { objectSize: LEAST_OBJECT_BYTES },
  provoke: deleteTogether,
  judge: judgeDeleted,
  metrics: deletedMetrics,
});
