// Tests of the socket's URL: what the fields make of it, and whom the page may ask for more.

import { assertEquals } from "@std/assert";
import { addressOf, refusalOf, socketUrl, tellingUrl, withAddress } from "./address.js";

Deno.test("socketUrl: beside the page, wherever that is mounted", () => {
  const cases = [
    ["http://h.test/", "ws://h.test/websocket?object=a"],
    ["https://h.test/ws-hibernation/", "wss://h.test/ws-hibernation/websocket?object=a"],
    ["http://h.test:8787/index.html?x=1#y", "ws://h.test:8787/websocket?object=a"],
  ] as const;
  for (const [page, url] of cases) {
    assertEquals(socketUrl(page, { object: "a", plain: false }), url);
  }
  assertEquals(
    socketUrl("http://h.test/", { object: "a b", plain: true }),
    "ws://h.test/websocket/plain?object=a+b",
  );
});

Deno.test("withAddress and addressOf: each undoes the other, and leaves alone what is not ours", () => {
  const url = "wss://h.test/x/websocket?tag=t&object=a";
  const plain = withAddress(url, { object: "ü&?", plain: true });
  assertEquals(addressOf(plain), { object: "ü&?", plain: true });
  assertEquals(withAddress(plain, { object: "a", plain: false }), url);
  assertEquals(withAddress(url, { object: "", plain: false }), "wss://h.test/x/websocket?tag=t");
  for (const other of ["", "no url", "wss://h.test/chat"]) {
    assertEquals(withAddress(other, { object: "b", plain: true }), other);
    assertEquals(addressOf(other), { object: "", plain: false });
  }
});

Deno.test("refusalOf: only ws: and wss: are addresses of a WebSocket", () => {
  assertEquals(["ws://h.test/", "wss://h.test/websocket"].map(refusalOf), [undefined, undefined]);
  assertEquals(
    refusalOf("http://h.test/"),
    "Cannot connect: received 'http://h.test/', expected a URL that begins with ws:// or wss://",
  );
  assertEquals(["", "h.test"].map((text) => refusalOf(text) === undefined), [false, false]);
});

Deno.test("tellingUrl: the page's own host, for a path of ours", () => {
  const page = "https://h.test/ws-hibernation/";
  assertEquals(
    tellingUrl(page, "wss://h.test/ws-hibernation/websocket/plain?object=a", "events"),
    "https://h.test/ws-hibernation/events?object=a&accepted=plain",
  );
  assertEquals(
    tellingUrl(page, "wss://h.test/websocket", "explain"),
    "https://h.test/explain?object=echo",
  );
  for (const other of ["wss://other.test/websocket", "wss://h.test/chat"]) {
    assertEquals(tellingUrl(page, other, "events"), undefined);
  }
});
