// Writes that all begin at once, at a gateway without a key to its backend, and at one with it.

import { InconclusiveError } from "../../../lab/errors.ts";
import { BURST_RULE, burstMetrics, isFaultOfItsAnswers, judgeBursts } from "../burst.ts";
import { deleteBurst, uploadBurst } from "../burst_client.ts";
import { shorterThanExchange } from "../contradictions.ts";
import { type Context, setStage } from "../stage.ts";
import { type SwitchedCase, switchedCase, SWITCHES } from "../switched_case.ts";
import { LOST_WRITES, SEED } from "./texts.ts";

const COLD_RULE =
  "pass: the first attempt of every request succeeds, everything reads back as it was written, and by " +
  `the target's figures the burst met a cold cache together. ${BURST_RULE}`;

/** The report's own. */
export const multipartBurst: SwitchedCase = switchedCase({
  id: "multipart-burst",
  control: false,
  about: SWITCHES,
  claim: "Multipart uploads that begin while the gateway has no key to its backend succeed.",
  provokes: "Begins --num-uploads multipart uploads of plain parts at once, with the AWS SDK and " +
    "less than 100 MiB under way, at a target that has to exchange a token first; then reads all " +
    "objects back. The first attempt of each request counts; the client tries again as usual.",
  meaning: LOST_WRITES,
  rule: COLD_RULE,
  source: `${SEED}, "Problem"`,
  figure: "failedFirstAttempts",
  needs: ["sdk"],
  alone: "first",
  contradiction: shorterThanExchange,
  async provoke(context) {
    return [await uploadBurst(context, await setStage(context), "cold")];
  },
  judge: judgeBursts,
  metrics: burstMetrics,
  standsWhenGone: isFaultOfItsAnswers,
});

/** The other operation whose body is needed whole. */
export const deleteBurstCase: SwitchedCase = switchedCase({
  id: "delete-burst",
  control: false,
  about: ["readBody"],
  claim: "Batch deletes that come while the gateway has no key to its backend succeed.",
  provokes:
    "Sends --num-deletes batch deletes of --keys-per-delete keys at once, with the AWS SDK, to a " +
    "target that has to exchange a token first. The keys are not there.",
  meaning: LOST_WRITES,
  rule: COLD_RULE,
  source: `${SEED}, "Problem": batch-delete writes`,
  figure: "failedFirstAttempts",
  needs: ["sdk"],
  alone: "last",
  contradiction: shorterThanExchange,
  async provoke(context) {
    return [await deleteBurst(context, await setStage(context), "cold")];
  },
  judge: judgeBursts,
  metrics: burstMetrics,
  standsWhenGone: isFaultOfItsAnswers,
});

/** Both again, when the key is there. */
export const warmBurst: SwitchedCase = switchedCase({
  id: "warm-burst",
  control: true,
  about: ["readBody", "uploadPart"],
  claim: "The same bursts succeed at a gateway that has its key to the backend.",
  provokes:
    "Asks the target for a listing, and once that is there does as 'multipart-burst' and then " +
    "as 'delete-burst'.",
  meaning: "The gateway, or what is behind it, fails bursts for other reasons than a missing key.",
  rule:
    "pass: as 'multipart-burst', but by its figures the target made no exchange in the bursts. " +
    BURST_RULE.replace("not all began while the target had no key", "the target had no key"),
  source: `${SEED}: "Only the first few requests in a large batch fail"`,
  figure: "failedFirstAttempts",
  needs: ["sdk"],
  alone: "last",
  async provoke(context) {
    const stage = await setStage(context);
    await warm(context, stage);
    const uploads = await uploadBurst(context, stage, "warm");
    return [uploads, await deleteBurst(context, stage, "warm")];
  },
  judge: judgeBursts,
  metrics: burstMetrics,
  standsWhenGone: isFaultOfItsAnswers,
});

/** @throws {InconclusiveError} when the target does not answer even that. */
async function warm(
  { timeline }: Context,
  { client, bucket }: Awaited<ReturnType<typeof setStage>>,
): Promise<void> {
  const { status } = await client.call({
    method: "GET",
    bucket,
    query: { "list-type": "2", "max-keys": "1" },
  });
  if (status !== 200) throw new InconclusiveError(`a listing was answered with ${status}`);
  timeline.add("alone", "answered");
}
