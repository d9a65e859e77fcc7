// Many GETs of the object at once, each on a connection of its own, that are begun and then left.

import { messageOf } from "../../lab/errors.ts";
import { own } from "../../lab/scope.ts";
import { until } from "../../lab/until.ts";
import type { Exchange } from "../../probes/exchange.ts";
import type { Http1Connection } from "../../probes/http1.ts";
import type { StoreRequest } from "../../probes/s3/signing.ts";
import type { HeldState } from "./crowd.ts";
import { heldBackByFigures } from "./figures.ts";
import { hasSocketTable, heldPorts, queuedAtRest } from "./kernel.ts";
import { KERNEL_BUFFER_BYTES, OWN_BUFFER_BYTES } from "./params.ts";
import { type Context, patienceMs, type Stage } from "./stage.ts";

const LANE = "abandoned";

/** One of the GETs. Times are milliseconds of the run's clock. */
interface HeldGet {
  connection: Http1Connection;
  exchange: Exchange;
  /** Null until its header has come. */
  status: number | null;
  /** How long its body is; null when the answer did not say. */
  expectedBytes: number | null;
  receivedBytes: number;
  /** Whether the connection has ended, as far as can be seen while nothing is read. */
  ended: boolean;
  /** The beginning of its body. */
  text: string;
}

/** GETs that were left. */
export interface HeldGets {
  /** How each of them stands, and why some were refused. */
  observe(): Promise<{ held: HeldState[]; refusal: string | null }>;
  /** Closes all of them. */
  close(): void;
}

/** More of a refusal is not looked at, in bytes. */
const REFUSAL_BYTES = 4_096;

/**
 * Begins `count` GETs of the stage's object at once and leaves each after its first bytes. Returns when
 * all have some, or the threshold is over: those that are not answered by then are left as well.
 */
export async function holdGets(
  context: Context,
  stage: Stage,
  count: number,
): Promise<HeldGets> {
  const { clock, params, timeline } = context;
  const { client, bucket, object: { key } } = stage;
  const request: StoreRequest = { method: "GET", bucket, key };
  const begun = await Promise.all(
    Array.from({ length: count }, () => begin(context, stage, request)),
  );
  const answered = Promise.all(begun.map(({ answered }) => answered));
  await until(context, answered, clock.now() + params.thresholdMs);
  const gets = begun.map(({ get }) => get);
  const unread = gets.filter(({ receivedBytes }) => receivedBytes > 0);
  timeline.add(LANE, "left-unread", { gets: count, answered: unread.length });
  return {
    async observe() {
      // How they stand now: what proves it may read them to their ends.
      const states = gets.map((get): HeldState => {
        if (get.status !== null && get.status !== 200 && get.status !== 206) return "refused";
        if (get.ended) return "ended";
        return get.receivedBytes === 0 ? "pending" : "doubtful";
      });
      const proved = await provedOpen(context, stage, gets);
      const held = gets.map((get, index) => proved.has(get) ? "unread" : states[index] ?? "ended");
      const refused = gets.find((_, index) => held[index] === "refused");
      const refusal = refused && messageOf(client.refusal(request, {
        ...{ status: refused.status ?? 0, headers: (await refused.exchange.headers).headers },
        text: refused.text,
      }));
      return { held, refusal: refusal ?? null };
    },
    close() {
      for (const { connection } of gets) connection.close();
      timeline.add(LANE, "closed", { gets: count });
    },
  };
}

/** Sends one, which stops reading at its first bytes. */
async function begin(
  { scope }: Context,
  { client }: Stage,
  request: StoreRequest,
): Promise<{ get: HeldGet; answered: Promise<unknown> }> {
  const signed = await client.signed(request);
  const connection = own(scope, await client.connectFor(request));
  const begun = Promise.withResolvers<void>();
  const exchange = connection.send({
    ...signed,
    onBody(bytes) {
      if (get.receivedBytes === 0) {
        connection.pause();
        // A refusal is no longer than that.
        get.text = new TextDecoder().decode(bytes.subarray(0, REFUSAL_BYTES));
        begun.resolve();
      }
      get.receivedBytes += bytes.byteLength;
    },
  });
  const get: HeldGet = {
    ...{ connection, exchange, status: null, expectedBytes: null, receivedBytes: 0 },
    ...{ ended: false, text: "" },
  };
  const head = exchange.headers.then(({ status, headers }) => {
    const length = headers.get("content-length");
    Object.assign(get, { status, expectedBytes: length === null ? null : Number(length) });
  });
  const over = exchange.body.catch(() => {}).then(() => void (get.ended = true));
  const answered = Promise.race([Promise.all([head, begun.promise]), over]).catch(() => {});
  return { get, answered };
}

/** Of which it is shown that the target has not ended them, and had something of them to send. */
async function provedOpen(
  context: Context,
  stage: Stage,
  gets: readonly HeldGet[],
): Promise<ReadonlySet<HeldGet>> {
  const unread = gets.filter(({ receivedBytes, ended }) => receivedBytes > 0 && !ended);
  const { sizeBytes } = stage.object.content;
  const told = await heldBackByFigures(context, stage, sizeBytes);
  // Figures do not say which read is whose.
  if (told) return new Set(unread.slice(0, told.filter((bytes) => bytes > 0).length));
  const heldBack = ({ expectedBytes, receivedBytes }: HeldGet, queuedBytes: number) =>
    (expectedBytes ?? 0) - receivedBytes - OWN_BUFFER_BYTES - queuedBytes;
  if (await hasSocketTable(context)) {
    const ports = unread.map(({ connection }) => connection.localPort);
    const open = await heldPorts(context, ports);
    const queued = await queuedAtRest(context, ports, "to-client");
    return new Set(unread.filter((get, index) => {
      return open.has(ports[index] ?? 0) && heldBack(get, queued[index] ?? Infinity) > 0;
    }));
  }
  const larger = unread.filter((get) => heldBack(get, KERNEL_BUFFER_BYTES) > 0);
  // A FIN is behind what was not read: only the rest, when it comes, shows that there was none.
  for (const { connection } of larger) connection.resume();
  const rest = Promise.all(larger.map(({ exchange }) => exchange.body.catch(() => {})));
  await until(context, rest, context.clock.now() + patienceMs(context.params));
  return new Set(
    larger.filter(({ exchange, expectedBytes }) => exchange.received === expectedBytes),
  );
}
