// One plain part and one plain object, and how they come to the backend.

import { createHash } from "node:crypto";
import { someHasEnded, uploadsAtBackend } from "../backend.ts";
import { Contents, seedOf } from "../contents.ts";
import { type Framed, framedMetrics, judgeFramed } from "../framed.ts";
import { ask, createUpload, partRequest } from "../raw.ts";
import { type Context, setStage } from "../stage.ts";
import { type SwitchedCase, switchedCase } from "../switched_case.ts";
import { NO_LENGTH, SEED } from "./texts.ts";

/** Larger than what one read of a socket brings, in bytes. */
const SIZE = 1_000_003;

const RULE =
  "pass: it comes to the backend with a Content-Length of its exact size, and is stored. fail: it " +
  "comes chunked, without a length, with another, or with other bytes. inconclusive: it was not seen " +
  "there, or refused for another reason.";

async function send(context: Context, what: "part" | "object"): Promise<Framed> {
  const stage = await setStage(context);
  const key = stage.keyOf(what);
  const body = new Contents(1, SIZE, seedOf(context.nonce)).of(0, SIZE);
  const sha256 = createHash("sha256").update(body).digest("hex");
  const headers = [["Content-Type", "application/octet-stream"]] as const;
  const uploadId = what === "part" ? await createUpload(stage, key) : "";
  const asked = what === "part"
    ? await ask(context, stage, partRequest(stage, { key, uploadId }, { body, headers }), {
      operation: "UploadPart",
    })
    : await ask(context, stage, {
      ...{ method: "PUT", bucket: stage.bucket, key, body, headers },
      contentSha256: "UNSIGNED-PAYLOAD",
    }, { operation: "PutObject" });
  const came = await uploadsAtBackend(
    context,
    context.nonce,
    someHasEnded,
    context.params.thresholdMs / 4,
  ) ?? [];
  for (const { framing, contentLength, bodyBytes } of came) {
    context.timeline.add("backend", "came", {
      framing,
      contentLength: contentLength ?? -1,
      bodyBytes,
    });
  }
  return { what, sizeBytes: SIZE, sha256, asked, came };
}

/** A part. */
export const partFraming: SwitchedCase = switchedCase({
  id: "part-framing",
  control: false,
  about: ["framing"],
  claim: "A plain part that is passed on as it comes keeps its Content-Length.",
  provokes: "Sends one part with Content-Length, and looks at how it comes to the backend.",
  meaning: NO_LENGTH,
  rule: RULE,
  source: `${SEED}, "Wrap streamed PUT bodies in FixedLengthStream"`,
  figure: "wronglyFramed",
  needs: ["backend-log"],
  hashed: true,
  provoke: (context) => send(context, "part"),
  judge: judgeFramed,
  metrics: framedMetrics,
});

/** An object. */
export const putFraming: SwitchedCase = switchedCase({
  id: "put-framing",
  control: false,
  about: ["framing"],
  claim: "A plain object that is passed on as it comes keeps its Content-Length.",
  provokes: "Sends one PUT with Content-Length, and looks at how it comes to the backend.",
  meaning: NO_LENGTH,
  rule: RULE,
  source: `${SEED}: "Also fixes the latent same-shaped issue for plain PutObject"`,
  figure: "wronglyFramed",
  needs: ["backend-log"],
  hashed: true,
  provoke: (context) => send(context, "object"),
  judge: judgeFramed,
  metrics: framedMetrics,
});
