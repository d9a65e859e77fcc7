// The clients that read beside an abandoned read: plain HTTP, the bucket's public URL, the AWS SDK.

import { sdkAvailability } from "../../probes/s3/sdk_reader.ts";
import { type Request, start } from "./attempt.ts";
import type { Client } from "./beside.ts";
import { VIA_WORDS } from "./reading.ts";
import { type ByteRange, get, type GetForm, getWithSdk } from "./requests.ts";
import { type Context, patienceMs, type Stage } from "./stage.ts";
import { until } from "../../lab/until.ts";

/** Reads the object by plain HTTP. */
export function plainClient(stage: Stage, form: GetForm = {}): Client {
  return {
    via: "plain",
    lane: "plain",
    request: get(stage, stage.object, form),
    control: get(stage, stage.other, { ...form.endpoint && { endpoint: form.endpoint } }),
  };
}

/** Reads a range of the object by plain HTTP. */
export function rangeClient(stage: Stage, range: ByteRange): Client {
  return { ...plainClient(stage, { range }), via: "range", lane: "range" };
}

/** Clients that take part, and why others do not. */
export interface Crew {
  clients: Client[];
  leftOut: string[];
  /** Why those do not that the user asked for. */
  unusable: string[];
}

/**
 * Plain HTTP, and the public URL and the SDK where they can be used: each is tried on another object
 * before, so that what does not work anyway is left out, and what has to be loaded is.
 */
export async function allClients(context: Context, stage: Stage): Promise<Crew> {
  const plain = plainClient(stage);
  const crew: Crew = { clients: [plain], leftOut: [], unusable: [] };
  if (context.access.store?.publicUrl !== undefined) {
    const control = get(stage, stage.other, { publicly: true });
    const request = get(stage, stage.object, { publicly: true });
    const client: Client = { via: "public", lane: "public-url", request, control };
    await join(context, crew, client, crew.unusable);
  }
  const sdk = await sdkAvailability();
  if (!sdk.available) crew.leftOut.push(`${VIA_WORDS.sdk}: ${sdk.reason}`);
  else {
    const control = getWithSdk(context, stage, stage.other);
    const request = getWithSdk(context, stage, stage.object);
    await join(context, crew, { via: "sdk", lane: "sdk", request, control }, crew.leftOut);
  }
  return crew;
}

/** Lets a client take part that can read another object, else adds why it cannot. */
async function join(
  context: Context,
  crew: Crew,
  client: Client,
  others: string[],
): Promise<void> {
  const why = await whyNot(context, `try-${client.lane}`, client.control);
  if (why === undefined) crew.clients.push(client);
  else others.push(`${VIA_WORDS[client.via]}: ${why}`);
}

/** Why a request does not work; undefined when it does. */
export async function whyNot(
  context: Context,
  lane: string,
  request: Request,
): Promise<string | undefined> {
  const { clock, params } = context;
  const attempt = start(context, lane, request);
  await until(context, attempt.reading, clock.now() + patienceMs(params));
  const reading = attempt.now();
  if (reading.kind === "answered") return undefined;
  return reading.kind === "failed" ? reading.message : "no answer";
}
