// The object is changed while a read of it is left unread: `overwrite`, `delete`.

import { type Case, type CaseDefinition, defineCase } from "../../../lab/scenario.ts";
import type { ObjectContent } from "../../../probes/s3/content.ts";
import { abandon } from "../abandon.ts";
import type { Request } from "../attempt.ts";
import { readBeside } from "../beside.ts";
import { type Changed, changedMetrics, judgeChanged } from "../changed.ts";
import { LEAST_OBJECT_BYTES, type StaleReadParams, staleReadParams } from "../params.ts";
import { call, NEW_VERSION, newContentOf, put } from "../requests.ts";
import { type Context, setStage, type Stage } from "../stage.ts";

/** A change of an object, and how to see that it took effect. */
export interface Change {
  /** Makes it. */
  request: Request;
  /** The same of another object. */
  control: Request;
  /** What the object becomes; of one that is to be gone, what it must not become. */
  newContent: ObjectContent;
  /** Whether it shows. */
  tookEffect(): Promise<boolean>;
  /** How long it may take by itself, in milliseconds. */
  baselineMs: number;
}

const RULE = "pass: the change is answered within the threshold, and the abandoned read, gone on " +
  "with, delivers the old bytes to their end, or is cut. fail: the change has to wait, or bytes of " +
  "the new version come behind those of the old. inconclusive: the change does not show, or nothing " +
  "was left unread.";

/** Makes a control of one change beside an abandoned read. */
export function change(
  definition: Pick<
    CaseDefinition<StaleReadParams, Changed>,
    "id" | "claim" | "provokes" | "meaning" | "source" | "alone"
  >,
  word: string,
  changeOf: (context: Context, stage: Stage) => Change | Promise<Change>,
): Case {
  return defineCase(staleReadParams, {
    ...definition,
    control: true,
    defaults: { objectSize: LEAST_OBJECT_BYTES },
    figure: "firstByteMs",
    rule: RULE,
    needs: [],
    async provoke(context) {
      const stage = await setStage(context);
      const { content } = stage.object;
      const { request, control, newContent, tookEffect, baselineMs } = await changeOf(
        context,
        stage,
      );
      const read = await abandon(context, stage, { contents: [content, newContent] });
      let effect: boolean | null = null;
      const client = { via: "plain", lane: definition.id, request, control } as const;
      const { end, ...seen } = await readBeside(context, stage, read, [client], {
        awaited: "answer",
        baselineMs,
        // A cut is allowed, and is no doubt that the read was there before.
        proveBefore: true,
        async beforeReadingOn() {
          effect = await tookEffect();
        },
      });
      const versions = (end ?? read.report()).versions;
      const gotNewBytes = versions.includes(NEW_VERSION);
      return { ...seen, change: word, tookEffect: effect, gotNewBytes };
    },
    judge: judgeChanged,
    metrics: changedMetrics,
  });
}

/** The same key gets other bytes. */
export const overwrite: Case = change(
  {
    id: "overwrite",
    claim:
      "An object is overwritten while a GET of it is left unread, which never gets mixed bytes.",
    provokes:
      "PUTs other bytes of the same length to the key, and then goes on with the unread GET.",
    meaning:
      "A new version cannot be published while one client forgets to read the old one, or a " +
      "client gets half of each.",
    source: "Amazon S3 User Guide, data consistency model (updates to a single key are atomic)",
    // What runs beside it would slow one of the two uploads that are compared.
    alone: "last",
  },
  "overwritten",
  (_, stage) => {
    const { client, bucket, object, other } = stage;
    const newContent = newContentOf(object);
    let etag: string | undefined;
    return {
      request: put(stage, object.key, newContent, (stored) => void (etag = stored)),
      control: put(stage, other.key, other.content),
      newContent,
      baselineMs: stage.uploadMs,
      tookEffect: async () => (await client.head(bucket, object.key))?.etag === etag,
    };
  },
);

/** The key is no more. */
export const remove: Case = change(
  {
    id: "delete",
    claim: "An object is deleted while a GET of it is left unread, which never gets other bytes.",
    provokes: "DELETEs the object, and then goes on with the unread GET.",
    meaning: "What has to be taken down stays up as long as one client forgets to read it.",
    source: "Amazon S3 User Guide, data consistency model (a read after a delete)",
  },
  "deleted",
  (context, stage) => {
    const { client, bucket, object, other } = stage;
    const ask = (key: string) => call(context, stage, { method: "DELETE", bucket, key }, [404]);
    return {
      request: ask(object.key),
      control: ask(other.key),
      newContent: newContentOf(object),
      baselineMs: 0,
      tookEffect: async () => await client.head(bucket, object.key) === undefined,
    };
  },
);
