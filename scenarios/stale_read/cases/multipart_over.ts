// A multipart upload takes the object's key while a read of it is left unread: `multipart-over`.

import { InconclusiveError } from "../../../lab/errors.ts";
import type { Case } from "../../../lab/scenario.ts";
import type { ObjectContent } from "../../../probes/s3/content.ts";
import { quoted } from "../../../probes/s3/listing.ts";
import type { Request } from "../attempt.ts";
import { ask, newContentOf } from "../requests.ts";
import { CONTENT_TYPE, type Context, patienceMs, type Stage, type StoredObject } from "../stage.ts";
import { change } from "./change.ts";

/** The least that any part but the last may have (Amazon S3 User Guide, multipart upload limits). */
const PART_BYTES = 5 << 20;
/** What the last one has, in bytes. */
const LAST_BYTES = 65_536;

/** Uploads all parts of an object; what it returns completes it. */
async function uploadParts(
  context: Context,
  stage: Stage,
  { key, content }: StoredObject,
  onStored: (etag: string) => void = () => {},
): Promise<Request> {
  const { client, bucket } = stage;
  const uploadId = await begin(context, stage, key);
  const completed = stage.willUpload(key, uploadId);
  const parts: string[] = [];
  for (let at = 0; at < content.sizeBytes; at += PART_BYTES) {
    const partNumber = parts.length + 1;
    const { headers } = await client.call({
      ...{ method: "PUT", bucket, key, body: content.read(at, PART_BYTES) },
      query: { partNumber: `${partNumber}`, uploadId },
    }, { limitMs: patienceMs(context.params) });
    const etag = headers.get("etag") ?? "";
    parts.push(`<Part><PartNumber>${partNumber}</PartNumber><ETag>${quoted(etag)}</ETag></Part>`);
  }
  const body = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
  return ask(
    context,
    stage,
    {
      ...{ method: "POST", bucket, key, query: { uploadId } },
      headers: [["Content-Type", "application/xml"]],
      body: new TextEncoder().encode(body),
    },
    "CompleteMultipartUploadResult",
    ({ ETag: etag }) => {
      completed();
      onStored(quoted(String(etag)));
    },
  );
}

/** Begins a multipart upload. Returns its id. */
async function begin(
  { params }: Context,
  { client, bucket }: Stage,
  key: string,
): Promise<string> {
  const request = {
    ...{ method: "POST", bucket, key, query: { uploads: "" } },
    headers: [["Content-Type", CONTENT_TYPE]],
  } as const;
  const answer = await client.call(request, { limitMs: patienceMs(params) });
  const [, uploadId] = /<UploadId>([^<&]+)<\/UploadId>/.exec(answer.text) ?? [];
  if (uploadId === undefined) throw client.notS3(request, answer);
  return uploadId;
}

/** The same key gets other bytes, in parts. */
export const multipartOver: Case = change(
  {
    id: "multipart-over",
    claim:
      "A multipart upload is completed while a GET of its key is left unread, which never gets " +
      "mixed bytes.",
    provokes: "Uploads two parts for the object's key, leaves a GET of it unread, completes the " +
      "upload, and then goes on with the unread GET.",
    meaning:
      "A large file that was uploaded in parts cannot be published while one client forgets " +
      "to read the old one, or a client gets half of each.",
    source: "Amazon S3 API Reference, CompleteMultipartUpload; User Guide, data consistency model",
  },
  "replaced by a multipart upload",
  async (context, stage) => {
    const { client, bucket, object, other } = stage;
    const newContent: ObjectContent = newContentOf(object, PART_BYTES + LAST_BYTES);
    let etag: string | undefined;
    const stored = (one: string) => void (etag = one);
    const request = await uploadParts(context, stage, { ...object, content: newContent }, stored);
    // Made only when it is needed: a store that cannot abort an upload would keep its parts.
    const control: Request = async (run) => await (await uploadParts(context, stage, other))(run);
    return {
      request,
      control,
      newContent,
      baselineMs: 0,
      async tookEffect() {
        const seen = await client.head(bucket, object.key);
        if (seen === undefined) throw new InconclusiveError("the object is gone");
        return seen.etag === etag && seen.sizeBytes === newContent.sizeBytes;
      },
    };
  },
);
