// A browser reads the object while another read is left: `browser`.

import { InconclusiveError, UnmetError } from "../../../lab/errors.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { until } from "../../../lab/until.ts";
import { type BrowserPage, ownBrowser } from "../../../probes/browser.ts";
import { abandon } from "../abandon.ts";
import { type Request, start } from "../attempt.ts";
import { type Beside, readBeside } from "../beside.ts";
import { LEAST_OBJECT_BYTES, staleReadParams } from "../params.ts";
import { sayReading, tookMs } from "../reading.ts";
import { get } from "../requests.ts";
import { type Context, patienceMs, setStage, type Stage, type StoredObject } from "../stage.ts";
import { judgeStale, staleMetrics } from "../stale.ts";
import { RULE, SEED } from "./abandoned_get.ts";

/** How often the browser is looked at, in milliseconds. */
const LOOK_EVERY_MS = 5;

async function readWithBrowser(context: Context): Promise<Beside> {
  const { access, clock, scope } = context;
  if (access.host !== undefined) {
    throw new UnmetError(["browser"], "a browser cannot be told another Host: leave out --host");
  }
  const { insecure, headers } = access;
  const browser = await ownBrowser(scope, { clock, insecure, headers });
  const stage = await setStage(context);
  const baselineMs = await measure(context, stage, browser);
  const read = await abandon(context, stage);
  const request = visit(context, stage, browser, stage.object);
  // The browser has one page, which is busy: another client reads the other object.
  const client = {
    via: "browser",
    lane: "browser",
    request,
    control: get(stage, stage.other),
  } as const;
  return await readBeside(context, stage, read, [client], { baselineMs });
}

/** How long the browser takes for another object, in milliseconds. */
async function measure(context: Context, stage: Stage, browser: BrowserPage): Promise<number> {
  const { clock, params } = context;
  const attempt = start(context, "browser-before", visit(context, stage, browser, stage.other));
  await until(context, attempt.reading, clock.now() + patienceMs(params));
  const reading = attempt.now();
  if (reading.kind === "answered") return tookMs(reading);
  throw new InconclusiveError(`the browser cannot read any object: it ${sayReading(reading)}`);
}

/** Has the browser open an object as a document, by a URL that is signed. */
function visit(
  { clock }: Context,
  { client, bucket }: Stage,
  browser: BrowserPage,
  { key }: StoredObject,
): Request {
  return async ({ signal, sent }) => {
    const url = await client.presignedUrl(bucket, key);
    const visit = browser.visit(url.href);
    sent(visit.startedAtMs);
    while (!visit.answered) {
      if (visit.failure !== undefined) throw new InconclusiveError(withoutQuery(visit.failure));
      await clock.sleep(LOOK_EVERY_MS, { signal });
    }
    const atMs = clock.now();
    // What it would still load is none of this run's business.
    await browser.leave();
    return atMs;
  };
}

/** A message without the queries of its URLs: they are signatures. */
function withoutQuery(message: string): string {
  return message.replaceAll(/\?[^\s"']*/g, "?...");
}

/** A browser. */
export const browser: Case = defineCase(staleReadParams, {
  id: "browser",
  control: false,
  claim: "A GET that is left unread does not keep a browser from showing the object.",
  provokes:
    "As 'abandoned-get'; then Chromium opens the object by a signed URL, as it has opened " +
    "another before. Its own start does not count.",
  meaning: "A video that one client forgot to read does not start for anybody else.",
  rule: RULE.replace(
    "within the threshold",
    "within the threshold and thrice the time that another " +
      "object took the browser before",
  ),
  source: `${SEED}: "The video element will try to download the video but will run into a stale ` +
    'connection"',
  figure: "firstByteMs",
  needs: ["browser"],
  defaults: { objectSize: LEAST_OBJECT_BYTES },
  alone: "last",
  provoke: readWithBrowser,
  judge: judgeStale,
  metrics: staleMetrics,
});
