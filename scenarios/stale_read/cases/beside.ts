// What must be answered beside an abandoned read, even where reads of its body are held: `head`, `list`, ...

import { InconclusiveError } from "../../../lab/errors.ts";
import { type Case, type CaseDefinition, defineCase } from "../../../lab/scenario.ts";
import { abandon } from "../abandon.ts";
import { type Beside, type BesideOptions, type Client, readBeside } from "../beside.ts";
import { whyNot } from "../clients.ts";
import { LEAST_OBJECT_BYTES, type StaleReadParams, staleReadParams } from "../params.ts";
import { call, get } from "../requests.ts";
import { type Context, setStage, type Stage } from "../stage.ts";
import { judgeStale, staleMetrics } from "../stale.ts";
import { RULE } from "./abandoned_get.ts";

const PREFIX_OF = (key: string) => key.slice(0, key.lastIndexOf("/") + 1);

/** Makes a control of one request beside an abandoned read. */
function beside(
  definition:
    & Pick<
      CaseDefinition<StaleReadParams, Beside>,
      "id" | "claim" | "provokes" | "meaning" | "source"
    >
    & { needs?: CaseDefinition<StaleReadParams, Beside>["needs"] },
  clientOf: (context: Context, stage: Stage) => Client | Promise<Client>,
  awaited: BesideOptions["awaited"] = "answer",
): Case {
  return defineCase(staleReadParams, {
    needs: [],
    ...definition,
    control: true,
    defaults: { objectSize: LEAST_OBJECT_BYTES },
    figure: "firstByteMs",
    rule: RULE.replace("each first byte", `the ${awaited}`),
    async provoke(context) {
      const stage = await setStage(context);
      const client = await clientOf(context, stage);
      const read = await abandon(context, stage);
      return await readBeside(context, stage, read, [client], { awaited });
    },
    judge: judgeStale,
    metrics: staleMetrics,
  });
}

const MODEL = "the report speaks of reads of the object alone; the model's lock is for its body";

/** The object as another region has it. */
export const otherRegion: Case = beside({
  id: "other-region",
  claim: "A GET that is left unread in one region does not hold up reads in another.",
  provokes: "Reads the object at the store's endpoint in another region.",
  meaning: "One client makes the object unreadable everywhere, not only in its region.",
  source: 'report: Cloudflare R2 stale connections: "locking the object for that region"',
  needs: ["other-region"],
}, async (context, stage) => {
  const endpoint = context.access.store?.otherRegion ?? context.access.url;
  const control = get(stage, stage.other, { endpoint });
  const why = await whyNot(context, "try-other-region", control);
  if (why !== undefined) {
    throw new InconclusiveError(`the other region could not be read: ${why}`);
  }
  return {
    via: "otherRegion",
    lane: "other-region",
    request: get(stage, stage.object, { endpoint }),
    control,
  };
}, "first byte");

/** Another object. */
export const otherObject: Case = beside({
  id: "other-object",
  claim: "A GET that is left unread does not hold up reads of other objects.",
  provokes: "Reads another object of the same bucket.",
  meaning: "One client makes more than the object unreadable: the bucket, or the whole store.",
  source: MODEL,
}, (_, stage) => {
  const request = get(stage, stage.other);
  return { via: "plain", lane: "other-object", request, control: request };
}, "first byte");

/** What is known of the object without its body. */
export const head: Case = beside({
  id: "head",
  claim: "HEAD is answered while a GET of the object is left unread.",
  provokes: "Asks for the object's header with HEAD.",
  meaning: "Not even size and ETag of an object can be had while one client forgets to read it.",
  source: MODEL,
}, (context, stage) => {
  const { bucket, object, other } = stage;
  const ask = (key: string) => call(context, stage, { method: "HEAD", bucket, key });
  return { via: "plain", lane: "head", request: ask(object.key), control: ask(other.key) };
});

/** The bucket's listing. */
export const list: Case = beside({
  id: "list",
  claim: "A bucket is listed while a GET of one of its objects is left unread.",
  provokes: "Lists the objects below the run's prefix with ListObjectsV2.",
  meaning: "One client that forgets to read an object keeps a whole bucket from being listed.",
  source: MODEL,
}, (context, stage) => {
  const { bucket, object, other } = stage;
  const ask = (prefix: string) =>
    call(context, stage, { method: "GET", bucket, query: { "list-type": "2", prefix } });
  return {
    via: "plain",
    lane: "list",
    request: ask(PREFIX_OF(object.key)),
    control: ask(other.key),
  };
});

/** A conditional GET of what the client has already. */
export const conditional: Case = beside({
  id: "conditional",
  claim: "A GET with the object's ETag in If-None-Match gets its 304 while another is left unread.",
  provokes: "Asks for the object with If-None-Match: it is the one that the client has.",
  meaning: "Even those who have the object already wait for one client that forgets to read it.",
  source: `RFC 9110 §13.1.2; ${MODEL}`,
}, async (context, stage) => {
  const { client, bucket, object, other } = stage;
  const ask = async (key: string) => {
    const etag = (await client.head(bucket, key))?.etag ?? "";
    const headers = [["If-None-Match", etag]] as const;
    return call(context, stage, { method: "GET", bucket, key, headers }, [304]);
  };
  const [request, control] = [await ask(object.key), await ask(other.key)];
  return { via: "plain", lane: "conditional", request, control };
});

/** A copy within the store. */
export const copy: Case = beside({
  id: "copy",
  claim: "An object can be copied while a GET of it is left unread.",
  provokes: "Copies the object within the bucket with CopyObject.",
  meaning: "Backups and renames of an object wait for one client that forgets to read it.",
  source: MODEL,
}, (context, stage) => {
  const { bucket, object, other } = stage;
  const ask = (from: string, to: string) => {
    stage.willWrite(to);
    const headers = [["x-amz-copy-source", `/${bucket}/${from}`]] as const;
    return call(context, stage, { method: "PUT", bucket, key: to, headers });
  };
  return {
    via: "plain",
    lane: "copy",
    request: ask(object.key, `${object.key}-copy`),
    control: ask(other.key, `${other.key}-copy`),
  };
});
