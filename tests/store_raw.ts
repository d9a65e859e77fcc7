// Requests to an object store byte for byte as a test wants them on the wire, and signed all the same.

import { createHash } from "node:crypto";
import { canonicalPath, canonicalQuery } from "../servers/s3/target.ts";
import { canonicalRequest, requestSignature, scopeText, signingKey } from "../servers/s3/sigv4.ts";

/** A key that a store knows. */
export interface RawKey {
  accessKeyId: string;
  secretAccessKey: string;
}

/** A request as it is to be. */
export interface RawRequest {
  method: string;
  /** Path and query, each character a byte: no client would send some of them. */
  target: string;
  /** Signs it; left out, it has no signature. */
  key?: RawKey;
  /** Header fields beside `Host`, the signature's own and the content's length; all are signed. */
  headers?: Readonly<Record<string, string>>;
  /** `x-amz-content-sha256`, where it is not that of the body. */
  payloadHash?: string;
  body?: Uint8Array;
  /** What `Content-Length` says, where that is not the body's. */
  lengthBytes?: number;
  region?: string;
  /** When it is signed, in milliseconds since the Unix epoch. */
  atMs?: number;
  /** The `Host` field. */
  host?: string;
}

/** An answer, read to the end of its connection. */
export interface RawAnswer {
  /** 0 when there was none. */
  status: number;
  head: string;
  body: Uint8Array;
  /** The code of an S3 error; empty where there is none. */
  code: string;
}

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** The header of a request and its signature's parts, which chunks of the content are signed after. */
export function headOf(request: RawRequest): {
  head: Uint8Array<ArrayBuffer>;
  signature: string;
  timestamp: string;
} {
  const { method, target, key, body = new Uint8Array(), region = "us-east-1" } = request;
  const timestamp = new Date(request.atMs ?? Date.now()).toISOString().replace(/[:-]|\.\d{3}/g, "");
  const payloadHash = request.payloadHash ?? sha256(body);
  const fields: Record<string, string> = {
    host: request.host ?? "127.0.0.1",
    ...key && { "x-amz-content-sha256": payloadHash, "x-amz-date": timestamp },
    ...request.headers,
  };
  const signedHeaders = Object.keys(fields).sort();
  let signature = "";
  if (key !== undefined) {
    const scope = { date: timestamp.slice(0, 8), region };
    const [path = "", query = ""] = target.split(/\?(.*)/s);
    const canonical = canonicalRequest({
      method,
      path: canonicalPath(path),
      query: canonicalQuery(query),
      signedHeaders,
      header: (name) => fields[name] ?? "",
      payloadHash,
    });
    signature = requestSignature(
      signingKey(key.secretAccessKey, scope),
      timestamp,
      scope,
      canonical,
    );
    fields["authorization"] =
      `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scopeText(scope)}, ` +
      `SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = request.lengthBytes ?? body.length;
  const head = latin1(
    `${method} ${target} HTTP/1.1\r\n${lines.join("")}` +
      `${"transfer-encoding" in fields ? "" : `content-length: ${length}\r\n`}` +
      "connection: close\r\n\r\n",
  );
  return { head, signature, timestamp };
}

/** Writes all of some bytes; what the other side has closed takes no more, which is no error. */
export async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  } catch (error) {
    if (
      !(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset)
    ) {
      throw error;
    }
  }
}

/** Reads an answer: as much as its header says, else up to the end of its connection. */
export async function readAnswer(connection: Deno.TcpConn): Promise<RawAnswer> {
  let all = new Uint8Array();
  let text = "";
  const buffer = new Uint8Array(1 << 16);
  const isWhole = () => {
    const end = text.indexOf("\r\n\r\n");
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text.slice(0, end + 2))?.[1];
    return end >= 0 && length !== undefined && all.length >= end + 4 + Number(length);
  };
  try {
    for (let read; !isWhole() && (read = await connection.read(buffer)) !== null;) {
      const grown = new Uint8Array(all.length + read);
      grown.set(all);
      grown.set(buffer.subarray(0, read), all.length);
      all = grown;
      text = new TextDecoder("latin1").decode(all);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  const end = text.indexOf("\r\n\r\n");
  const head = end < 0 ? text : text.slice(0, end);
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0),
    head,
    body: end < 0 ? new Uint8Array() : all.slice(end + 4),
    code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] ?? "",
  };
}

/** One request on a connection of its own, and its answer. */
export async function ask(port: number, request: RawRequest): Promise<RawAnswer> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const { head } = headOf(request);
  const writing = writeAll(connection, head)
    .then(() => writeAll(connection, request.body ?? new Uint8Array()));
  const answer = await readAnswer(connection);
  await writing;
  return answer;
}

/** Sends content in HTTP's chunks for as long as nothing is answered. Gives how much was taken too. */
export async function flood(
  port: number,
  request: RawRequest,
): Promise<RawAnswer & { takenBytes: number }> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const headers = { ...request.headers, "transfer-encoding": "chunked" };
  await writeAll(connection, headOf({ ...request, headers }).head);
  const piece = latin1(`10000\r\n${" ".repeat(1 << 16)}\r\n`);
  let takenBytes = 0;
  let over = false;
  const pouring = (async () => {
    while (!over) {
      await writeAll(connection, piece);
      takenBytes += piece.length;
    }
  })();
  const answer = await readAnswer(connection).finally(() => over = true);
  connection.close();
  await pouring.catch(() => {});
  return { ...answer, takenBytes };
}
