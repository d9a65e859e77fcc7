// Large parts all at once, and how much of them the gateway holds.

import { Contents, seedOf } from "../contents.ts";
import { figuresFailure, mostUpstreams, readTold } from "../gateway_figures.ts";
import { judgeMemory, type Memory, memoryMetrics } from "../memory.ts";
import { ask, createUpload, partRequest } from "../raw.ts";
import { tooLittleToSee } from "../contradictions.ts";
import { type Context, setStage } from "../stage.ts";
import { type SwitchedCase, switchedCase } from "../switched_case.ts";
import { SEED } from "./texts.ts";

async function send(context: Context): Promise<Memory> {
  const { numParts, largePartSize } = context.params;
  const stage = await setStage(context);
  const key = stage.keyOf("large");
  const uploadId = await createUpload(stage, key);
  const contents = new Contents(numParts, largePartSize, seedOf(context.nonce));
  const before = await readTold(context);
  const sending = Promise.all(
    Array.from({ length: numParts }, (_, index) => {
      const body = contents.of(index, largePartSize);
      const request = partRequest(stage, { key, uploadId, number: index + 1 }, { body });
      return ask(context, stage, request, { operation: "UploadPart", lane: `part-${index + 1}` });
    }),
  );
  const [parts, upstreams] = await Promise.all([sending, mostUpstreams(context, sending)]);
  const after = await readTold(context);
  return {
    ...{ parts, partBytes: largePartSize, before, after, upstreams },
    figuresFailure: figuresFailure(context),
  };
}

/** Eight parts of 24 MiB. */
export const flatMemory: SwitchedCase = switchedCase({
  id: "flat-memory",
  control: false,
  about: ["uploadPart"],
  claim: "Plain parts are passed on as they come: however large, little of them is in memory.",
  provokes: "Sends --num-parts parts of --large-part-size at once.",
  meaning: "Some uploads at once use up the memory of the isolate, which ends all of its requests.",
  rule:
    "pass: all parts are stored, half of them were under way at once, and by the target's figures " +
    "less than --buffer-limit was held in all. fail: more was. inconclusive: there are no such " +
    "figures, or they know nothing of the parts; more was held before already; all parts together " +
    "are no more than that; or parts were refused.",
  source: `${SEED}, "Stream plain UploadPart instead of buffering"`,
  figure: "peakBufferedBytes",
  needs: ["figures"],
  unpacedMs: 20_000,
  contradiction: tooLittleToSee,
  alone: "last",
  provoke: send,
  judge: judgeMemory,
  metrics: memoryMetrics,
});
