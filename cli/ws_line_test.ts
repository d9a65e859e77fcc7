// Tests of the lines that the WebSocket client is given.

import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../lab/errors.ts";
import { Secrets } from "./secrets.ts";
import { parseWsAddress } from "./ws_address.ts";
import { parseLine, parseScript } from "./ws_line.ts";

Deno.test("each line is what it says, and everything else a message", () => {
  const message = (content: string) => ({ kind: "request", type: "message", body: { content } });
  for (
    const [line, expected] of [
      ["ping", { kind: "request", type: "ping" }],
      [" heartbeat ", { kind: "request", type: "heartbeat" }],
      ["quit", { kind: "quit" }],
      ["/status", { kind: "request", type: "status" }],
      ["/help", { kind: "help" }],
      ['/json  {"a": 1}', { kind: "text", text: '{"a": 1}' }],
      ["/text a  b", { kind: "text", text: "a  b" }],
      ["/text", { kind: "text", text: "" }],
      ["/say ping", message("ping")],
      ["ping pong", message("ping pong")],
      ["constructor", message("constructor")],
      ["wait 2s", message("wait 2s")],
      ["# no comment", message("# no comment")],
      ["   ", { kind: "nothing" }],
    ] as const
  ) {
    assertEquals(parseLine(line, false), expected as ReturnType<typeof parseLine>, line);
  }
});

Deno.test("a script has comments and waits, and names the line that is wrong", () => {
  assertEquals(parseScript("# hi\r\nwait 250ms\nwait 2\n", "a.txt"), [
    { kind: "nothing" },
    { kind: "wait", ms: 250 },
    { kind: "wait", ms: 2_000 },
    { kind: "nothing" },
  ]);
  for (
    const [line, expected] of [
      ["wait soon", "a.txt, line 2: Cannot parse duration"],
      ["/json {", "a.txt, line 2: /json: received '{', expected JSON"],
      ["/jsn {}", "did you mean '/json'"],
      ["/toString", "Unknown command '/toString'"],
    ] as const
  ) {
    assertThrows(() => parseScript(`ping\n${line}`, "a.txt"), UsageError, expected);
  }
});

Deno.test("a URL is ws, wss, http or https, and shows nothing that is secret", () => {
  const secrets = new Secrets();
  const address = parseWsAddress(
    "WSS://me:TOPSECRET@a.test/x?object=echo&token=HIDDEN1#f",
    secrets,
  );
  assertEquals([address.url.href, address.path, address.shown], [
    "https://a.test/",
    "/x?object=echo&token=HIDDEN1",
    "wss://a.test/x",
  ]);
  assertEquals(address.authorization, `Basic ${btoa("me:TOPSECRET")}`);
  assertEquals(secrets.redact("echo HIDDEN1 TOPSECRET"), "echo [secret] [secret]");
  for (const url of ["a.test", "ftp://a.test", "ws:a", "wss://", "me:TOPSECRET@a.test"]) {
    const error = assertThrows(() => parseWsAddress(url, secrets), UsageError);
    assertEquals(error.message.includes("TOPSECRET"), false);
  }
});
