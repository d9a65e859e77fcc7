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
  const serve = async (request: Request): Promise<Response> => {
    if (faults.delayMs) await new Promise((resolve) => setTimeout(resolve, faults.delayMs));
    const { pathname, searchParams } = new URL(request.url);
    const isBucket = pathname.split("/").length < 3;
    const bytes = objects.get(pathname);
    switch (request.method) {
      case "PUT": {
        const copied = request.headers.get("x-amz-copy-source");
        const content = new Uint8Array(await request.arrayBuffer());
        if (!isBucket) objects.set(pathname, objects.get(copied ?? "") ?? content);
        return new Response(null, { headers: { etag: etagOf(content) } });
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
          const list = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
          return new Response(list, { headers: { "content-type": "application/xml" } });
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

/** Tells contents apart by what their first block says that they are. */
function etagOf(bytes: Bytes): string {
  return `"${bytes.slice(0, 16).toHex()}-${bytes.length}"`;
}
