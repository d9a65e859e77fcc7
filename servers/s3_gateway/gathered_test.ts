// What is held of a content that is read before it is sent on: given back whatever becomes of the request.

import { assertEquals } from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import { ask, headOf, readAnswer, writeAll } from "../../tests/store_raw.ts";
import { TESTING_KEY, TestingStore, until } from "../object_store/testing_store.ts";
import { TestingSts } from "../sts/testing_sts.ts";
import { DEMO_AUDIENCE, DEMO_ROLE_ARN, DEMO_SUBJECT } from "../web_identity/demo.ts";
import { BUCKET, CLIENT_KEY as key, configFor, TestingGateway } from "./testing_gateway.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const DELETION = utf8("<Delete><Object><Key>k</Key></Object></Delete>");
const PART = new Uint8Array(1 << 20);

Deno.test("what was read early is given back when there is no key to the backend", async () => {
  await using sts = await TestingSts.start({ key: TESTING_KEY });
  sts.sts.setFault("exchange", "fail");
  const token = { issuer: sts.url, subject: DEMO_SUBJECT, audience: DEMO_AUDIENCE };
  const credentials = { stsUrl: sts.url, roleArn: DEMO_ROLE_ARN, token };
  const endpoint = "http://127.0.0.1:1";
  await using gateway = await TestingGateway.start({
    ...configFor(endpoint, { uploadPart: "buffer" }),
    backends: { main: { endpoint, credentials } },
  });
  const requests = [
    { method: "POST", target: `/${BUCKET}?delete`, body: DELETION },
    { method: "PUT", target: `/${BUCKET}/k?partNumber=1&uploadId=u`, body: PART },
  ];
  for (const request of requests) {
    const answer = await ask(gateway.port, { ...request, key });
    assertEquals([answer.status, answer.code], [503, "ServiceUnavailable"]);
  }
  const { bufferedBytes, peakBufferedBytes } = gateway.server.stats();
  assertEquals([bufferedBytes, peakBufferedBytes >= PART.length], [0, true]);
});

for (const readBody of ["early", "late"] as const) {
  Deno.test(`what comes of a part after its time is not kept (read ${readBody})`, async () => {
    await using store = await TestingStore.start();
    const clock = new ManualClock(0);
    await using gateway = await TestingGateway.start(
      configFor(store.url, { uploadPart: "buffer", readBody }),
      { clock, wallClock: { now: () => Date.now() } },
    );
    const { head } = headOf({
      method: "PUT",
      target: `/${BUCKET}/k?partNumber=1&uploadId=u`,
      key,
      payloadHash: "UNSIGNED-PAYLOAD",
      lengthBytes: PART.length,
    });
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: gateway.port });
    await writeAll(connection, head);
    await writeAll(connection, PART.subarray(PART.length / 2));
    await until(() => gateway.server.stats().bufferedBytes > PART.length / 4);
    await clock.advance(3_600_000);
    const answer = await readAnswer(connection);
    assertEquals([answer.status, answer.code], [400, "RequestTimeout"]);
    await writeAll(connection, PART.subarray(PART.length / 2));
    await until(() => gateway.server.stats().parked === 0);
    assertEquals(gateway.server.stats().bufferedBytes, 0);
    assertEquals(gateway.errors, []);
  });
}

Deno.test("what comes of a document after its time is not kept", async () => {
  const clock = new ManualClock(0);
  await using gateway = await TestingGateway.start(
    configFor("http://127.0.0.1:1", { readBody: "late" }),
    { clock, wallClock: { now: () => Date.now() } },
  );
  const { head } = headOf({
    method: "POST",
    target: `/${BUCKET}?delete`,
    key,
    payloadHash: "UNSIGNED-PAYLOAD",
    lengthBytes: DELETION.length,
  });
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: gateway.port });
  await writeAll(connection, head);
  await writeAll(connection, DELETION.subarray(0, 10));
  await until(() => gateway.server.stats().parked === 1);
  await clock.advance(3_600_000);
  assertEquals((await readAnswer(connection)).code, "RequestTimeout");
  await writeAll(connection, DELETION.subarray(10));
  await until(() => gateway.server.stats().parked === 0);
  assertEquals(gateway.server.stats().bufferedBytes, 0);
});
