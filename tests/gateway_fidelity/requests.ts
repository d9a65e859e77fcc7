// Requests of a client to a gateway, and what was answered and forwarded, in words that can be compared.

import { AwsClient } from "aws4fetch";
import { type BehindGateway, FRONT, FRONT_KEY } from "../../engines/testing_gateway.ts";
import { BUCKET } from "../../servers/object_store/testing_store.ts";
import type { Tap } from "../../servers/tap/tap.ts";
import type { Side } from "./sides.ts";

/** A request of a client. */
export interface Sent {
  /** In upper case. */
  method: string;
  /** Below the bucket: key and query. */
  path: string;
  body?: BodyInit;
  headers?: Record<string, string>;
}

/** A gateway with what is behind it. */
export interface Rig {
  side: Side;
  behind: BehindGateway;
}

const aws = new AwsClient({ ...FRONT_KEY, service: "s3", region: "us-east-1", retries: 0 });

/** The same request with a client's signature; nothing is sent. */
export function signed({ side }: Rig, { path, ...init }: Sent): Promise<Request> {
  return aws.sign(`${side.url.origin}/${FRONT}/${path}`, init);
}

/** Sends a request, and tells its answer: status, code and message, without what is new each time. */
export async function ask(rig: Rig, sent: Sent): Promise<string> {
  const response = await fetch(await signed(rig, sent));
  const text = await response.text();
  const [, code] = /<Code>(.*?)<\/Code>/.exec(text) ?? [];
  const [, message = ""] = /<Message>(.*?)<\/Message>/s.exec(text) ?? [];
  if (code !== undefined) return `${response.status} ${code}: ${message}`;
  return response.ok ? `${response.status}` : `${response.status} ${text}`;
}

/** How a request arrived at the store: its framing, and how much of its content had come in the end. */
export async function arrived(tap: Tap, { method, path }: Sent): Promise<string> {
  const [wanted = ""] = path.split("?");
  const found = tap.requests.find((one) =>
    one.method === method && one.target.split("?")[0] === `/${BUCKET}/${wanted}`
  );
  if (found === undefined) return "never arrived";
  const over = await tap.wait((one) => one === found && one.ended !== undefined);
  return `${over.framingText}, ${over.bodyBytes} bytes, ${over.ended}`;
}
