// A store that takes any key and is as wrong as a test wants it, for what a probe says of such.

import { listen, type Listening } from "../servers/listen.ts";

/** What is wrong with a store; left out: nothing. */
export interface Faults {
  /** How long each answer takes, in milliseconds. */
  delayMs?: number;
  /** Reads go on with what is stored by then, rather than with what they began with. */
  mixes?: boolean;
  /** Refuses reads of an object that is being read, with 503. */
  refusesBeside?: boolean;
  /** Ends a read that has sent so many bytes. */
  cutsAfterBytes?: number;
  /** Refuses to delete anything. */
  keeps?: boolean;
  /** Says that it keeps versions of what is deleted. */
  versions?: boolean;
  /** Answers that are wrong whatever is read: of so many bytes. */
  garbageBytes?: number;
  /** Stores what comes of an upload as it comes, in place of the bytes that are there. */
  showsUnfinished?: boolean;
  /** Deletes several objects only when none of them is being read. */
  batchWaits?: boolean;
  /** How many reads it has room for; with as many open, other requests wait. */
  workers?: number;
  /** After what time it has found more room, from when it first had none, in milliseconds. */
  findsRoomMs?: number;
}

type Bytes = Uint8Array<ArrayBuffer>;

const CHUNK_BYTES = 256 << 10;

const error = (status: number, code: string) =>
  new Response(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`, {
    status,
    headers: { "content-type": "application/xml" },
  });

/** Starts one on a port of its own. What it stores is told by `keys`, as `/BUCKET/KEY`. */
export async function startFakeStore(
  faults: Faults = {},
): Promise<Listening & { keys: () => string[] }> {
  const objects = new Map<string, Bytes>();
  const reading = new Map<string, number>();
  const uploads = new Map<string, Bytes[]>();
  /** Called when a read is over. */
  const waiting = new Set<() => void>();
  let hasFoundRoom = false, isFinding = false;
  const untilReadsAre = async (fine: () => boolean, signal: AbortSignal) => {
    while (!fine() && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      signal.addEventListener("abort", () => resolve());
      await promise;
      waiting.delete(resolve);
    }
  };
  const serve = async (request: Request): Promise<Response> => {
    const { workers = Infinity, findsRoomMs } = faults;
    const busy = () => [...reading.values()].reduce((sum, count) => sum + count, 0);
    const isFull = () => !hasFoundRoom && busy() >= workers;
    if (isFull() && findsRoomMs !== undefined && !isFinding) {
      isFinding = true;
      setTimeout(() => {
        hasFoundRoom = true;
        for (const goOn of waiting) goOn();
      }, findsRoomMs);
    }
    await untilReadsAre(() => !isFull(), request.signal);
    if (faults.delayMs) await new Promise((resolve) => setTimeout(resolve, faults.delayMs));
    const { pathname, searchParams } = new URL(request.url);
    const isBucket = pathname.split("/").length < 3;
    const bytes = objects.get(pathname);
    switch (request.method) {
      case "PUT": {
        const copied = request.headers.get("x-amz-copy-source");
        const content = faults.showsUnfinished && bytes
          ? await writeOver(request, bytes.slice(), (now) => objects.set(pathname, now))
          : new Uint8Array(await request.arrayBuffer());
        const part = uploads.get(searchParams.get("uploadId") ?? "");
        if (part) part[Number(searchParams.get("partNumber")) - 1] = content;
        else if (!isBucket) objects.set(pathname, objects.get(copied ?? "") ?? content);
        return new Response(null, { headers: { etag: etagOf(content) } });
      }
      case "POST": {
        if (searchParams.has("delete")) {
          const keys = [...(await request.text()).matchAll(/<Key>([^<]*)<\/Key>/g)]
            .map(([, key]) => `${pathname}/${key}`);
          const isRead = () => keys.some((key) => (reading.get(key) ?? 0) > 0);
          if (faults.batchWaits) await untilReadsAre(() => !isRead(), request.signal);
          for (const key of keys) objects.delete(key);
          return xml("<DeleteResult/>");
        }
        if (searchParams.has("uploads")) {
          const id = crypto.randomUUID();
          uploads.set(id, []);
          return xml(`<R><UploadId>${id}</UploadId></R>`);
        }
        const parts = uploads.get(searchParams.get("uploadId") ?? "") ?? [];
        const content = new Uint8Array(await new Blob(parts).arrayBuffer());
        objects.set(pathname, content);
        const etag = `<ETag>${etagOf(content).replaceAll('"', "&quot;")}</ETag>`;
        return xml(`<CompleteMultipartUploadResult>${etag}</CompleteMultipartUploadResult>`);
      }
      case "DELETE":
        if (faults.keeps) return error(403, "AccessDenied");
        objects.delete(pathname);
        return new Response(null, {
          status: 204,
          headers: faults.versions ? { "x-amz-version-id": "3sL4kqtJlcpXroDTDmJ" } : {},
        });
      case "GET":
      case "HEAD": {
        if (isBucket && searchParams.has("list-type")) {
          const from = `${pathname}/${searchParams.get("prefix") ?? ""}`;
          const keys = [...objects.keys()].filter((key) => key.startsWith(from))
            .map((key) => `<Contents><Key>${key.slice(pathname.length + 1)}</Key></Contents>`);
          return xml(`<ListBucketResult>${keys.join("")}</ListBucketResult>`);
        }
        if (bytes === undefined) return error(404, "NoSuchKey");
        const etag = etagOf(bytes);
        if (request.headers.get("if-none-match") === etag) {
          return new Response(null, { status: 304 });
        }
        if (request.method === "HEAD") {
          return new Response(null, { headers: { etag, "content-length": `${bytes.length}` } });
        }
        if (faults.garbageBytes) return new Response(new Uint8Array(faults.garbageBytes));
        if (faults.refusesBeside && (reading.get(pathname) ?? 0) > 0) return error(503, "SlowDown");
        return read(request, pathname, bytes);
      }
    }
    return error(405, "MethodNotAllowed");
  };
  const read = (request: Request, pathname: string, bytes: Bytes): Response => {
    const [, from = "0", to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "") ?? [];
    const end = Math.min(Number(to || bytes.length - 1) + 1, bytes.length);
    let at = Number(from), sent = 0;
    reading.set(pathname, (reading.get(pathname) ?? 0) + 1);
    let ended = false;
    const over = () => {
      if (!ended) reading.set(pathname, (reading.get(pathname) ?? 1) - 1);
      ended = true;
      for (const goOn of waiting) goOn();
    };
    request.signal.addEventListener("abort", over);
    const body = new ReadableStream<Bytes>({
      pull(controller) {
        if (sent >= (faults.cutsAfterBytes ?? Infinity)) {
          over();
          return controller.error(new Error("cut"));
        }
        const current = faults.mixes ? objects.get(pathname) ?? bytes : bytes;
        const piece = current.slice(at, Math.min(at + CHUNK_BYTES, end));
        at += piece.length;
        sent += piece.length;
        if (piece.length > 0) controller.enqueue(piece);
        if (at < end && piece.length > 0) return;
        over();
        controller.close();
      },
      cancel: over,
    });
    return new Response(body, {
      status: request.headers.has("range") ? 206 : 200,
      headers: { "content-length": `${end - Number(from)}`, etag: etagOf(bytes) },
    });
  };
  const listening = await listen({ fetch: serve }, { onError: () => {} });
  return { ...listening, keys: () => [...objects.keys()] };
}

const xml = (text: string) =>
  new Response(text, { headers: { "content-type": "application/xml" } });

/** Takes an upload into what is there already, piece by piece. */
async function writeOver(
  request: Request,
  bytes: Bytes,
  stored: (bytes: Bytes) => void,
): Promise<Bytes> {
  stored(bytes);
  let at = 0;
  for await (const piece of request.body ?? []) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Tells contents apart by what their first block says that they are. */
function etagOf(bytes: Bytes): string {
  return `"${bytes.slice(0, 16).toHex()}-${bytes.length}"`;
}
