// One read with the AWS SDK under one setting: prints how it ended and when, or that it did not end.
// Plain JavaScript, so that Deno and Node.js run the same file.

import process from "node:process";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";

const [endpoint, setting, limit, watch] = process.argv.slice(2);
const limitMs = Number(limit);

const HANDLERS = {
  requestTimeout: { requestTimeout: limitMs },
  throwOnRequestTimeout: { requestTimeout: limitMs, throwOnRequestTimeout: true },
  socketTimeout: { socketTimeout: limitMs },
};

async function handler() {
  if (!setting.startsWith("fetch")) return HANDLERS[setting] ?? {};
  const { FetchHttpHandler } = await import("@smithy/fetch-http-handler");
  return new FetchHttpHandler(
    setting === "fetch-requestTimeout" ? { requestTimeout: limitMs } : {},
  );
}

const client = new S3Client({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "none", secretAccessKey: "none" },
  forcePathStyle: true,
  maxAttempts: 1,
  requestHandler: await handler(),
});

const startedMs = performance.now();
let received = 0;
const tell = (ended) => {
  const ms = Math.round(performance.now() - startedMs);
  process.stdout.write(`${JSON.stringify({ ended, ms, received })}\n`, () => process.exit(0));
};
setTimeout(() => tell(null), Number(watch));

try {
  const command = new GetObjectCommand({ Bucket: "b", Key: "k" });
  const abortSignal = setting.endsWith("abortSignal") ? AbortSignal.timeout(limitMs) : undefined;
  const { Body } = await client.send(command, { abortSignal });
  if (setting === "destroy") {
    // What a caller can do by itself: a timer that each piece winds up anew.
    let timer;
    const wind = () => {
      clearTimeout(timer);
      timer = setTimeout(() => Body.destroy(new Error("no byte for too long")), limitMs);
    };
    wind();
    Body.on("data", wind);
    Body.on("close", () => clearTimeout(timer));
  }
  for await (const bytes of Body) received += bytes.byteLength;
  tell("complete");
} catch (error) {
  tell(`${error.name}: ${error.message}`);
}
