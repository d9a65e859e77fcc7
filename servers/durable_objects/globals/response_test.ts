import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { webSocketOf } from "./response.ts";
import { withObject } from "./testing_object.ts";

Deno.test(
  "a response with status 101 carries a WebSocket, inside of objects and outside",
  withObject((object) => {
    const make = () => {
      const { 0: client } = new WebSocketPair();
      const response = new Response(null, { status: 101, webSocket: client });
      assertEquals(response.status, 101);
      assertStrictEquals(response.webSocket, client);
      assertStrictEquals(webSocketOf(response), webSocketOf(response) && client);
      assertStrictEquals(new Response(null, response).webSocket, client);
      assertThrows(() => response.clone(), TypeError, "Cannot clone a response to a WebSocket");
    };
    make();
    object.run(make);
  }),
);

Deno.test(
  "a WebSocket needs status 101, status 101 a WebSocket, and it must be one",
  withObject((object) => {
    const refused = (init: ResponseInit, type: typeof Error, message: string) =>
      assertThrows(() => object.run(() => new Response(null, init)), type, message);
    const { 0: client } = new WebSocketPair();
    refused({ webSocket: client }, RangeError, "must have status code 101");
    refused({ status: 200, webSocket: client }, RangeError, "must have status code 101");
    refused({ status: 101 }, RangeError, "in the range 200 to 599");
    refused({ status: 101, webSocket: null }, RangeError, "in the range 200 to 599");
    const none = JSON.parse(`{ "status": 101, "webSocket": {} }`);
    refused(none, TypeError, "not of type 'WebSocket'");
    assertThrows(
      () => object.run(() => new Response("body", { status: 101, webSocket: client })),
      TypeError,
      "cannot have a body",
    );
    refused({ status: 100 }, RangeError, "in the range 200 to 599");
    assertEquals(new Response(null, { status: 101 }).status, 101);
  }),
);

Deno.test(
  "every other response is as it was, with no WebSocket",
  withObject(async (object) => {
    const before = Object.getPrototypeOf(Response.prototype.constructor);
    for (const run of [object.run.bind(object), <T>(callback: () => T) => callback()]) {
      const made = run(() => [
        new Response("x", { status: 202, headers: { a: "b" } }),
        Response.json({ a: 1 }, { status: 202 }),
        Response.redirect("http://x/"),
        Response.error(),
        new Response("x", { webSocket: null }),
        new Response("y").clone(),
      ]);
      for (const response of made) {
        assert(response instanceof Response && response.constructor === Response);
        assertStrictEquals(response.webSocket, null);
        assertEquals(webSocketOf(response), undefined);
      }
      assertEquals(made.map(({ status }) => status), [202, 202, 302, 0, 200, 200]);
      assertEquals(await made.at(-1)?.text(), "y");
      class Own extends Response {}
      const own = run(() => new Own("z"));
      assert(own instanceof Own && own instanceof Response);
    }
    assertEquals(before, Function.prototype);
    assertThrows(() => Reflect.apply(Response as unknown as () => void, undefined, []), TypeError);
  }),
);
