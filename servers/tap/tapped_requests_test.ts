// What is kept of connections: requests in the order of their heads, and those that were lost.

import { assertEquals, assertRejects } from "@std/assert";
import { TappedRequests } from "./tapped_requests.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("tapped requests: nothing is read of a connection that was lost, of others all is", () => {
  const requests = new TappedRequests();
  const [one, other] = [requests.open(), requests.open()];
  one.push(bytes("junk\n"));
  one.push(bytes("GET /in-junk HTTP/1.1\r\n\r\nmore junk\n"));
  other.push(bytes("GET /a HTTP/1.1\r\n\r\n"));
  one.end();
  assertEquals(requests.all.map(({ target, connection }) => [target, connection]), [["/a", 2]]);
  assertEquals(requests.lost, [{
    connection: 1,
    why: 'Cannot read a request: received "junk", expected METHOD TARGET HTTP/1.1',
  }]);
});

Deno.test("tapped requests: who waits is told at a head and at an end, once", async () => {
  const requests = new TappedRequests();
  const connection = requests.open();
  const head = requests.wait(({ target }) => target === "/a");
  const end = requests.wait(({ ended }) => ended === "cut");
  connection.push(bytes("PUT /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhel"));
  assertEquals(await head.then(({ ended }) => ended), undefined);
  connection.end();
  assertEquals(await end, await head);
  const never = assertRejects(
    () => requests.wait(({ target }) => target === "/b"),
    Error,
    "closed",
  );
  requests.close();
  await never;
});
