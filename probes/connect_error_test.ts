// Tests of putting a connection's errors into words.

import { assertEquals, assertMatch } from "@std/assert";
import { describeError } from "./connect_error.ts";
import { ExchangeError } from "./exchange.ts";

const context = { atMs: 7, host: "edge.example:443" };
const coded = (code: string) => Object.assign(new Error(`connect ${code}\n at x`), { code });

Deno.test("describeError: the system's codes become kinds of failure, on one line", () => {
  const kinds = {
    ...{ ECONNREFUSED: "refused", ECONNRESET: "reset", EPIPE: "reset" },
    ...{ ENOTFOUND: "unreachable", EHOSTUNREACH: "unreachable", ENETUNREACH: "unreachable" },
    ...{ ETIMEDOUT: "timeout", EMFILE: "too-many-files", EPERM: "not-permitted", EWHAT: "failed" },
  };
  for (const [code, kind] of Object.entries(kinds)) {
    const error = describeError("Cannot connect", coded(code), context);
    assertEquals([code, error.code, error.atMs], [code, kind, 7]);
    assertMatch(error.message, /^Cannot connect: [^\n]+$/);
  }
});

Deno.test("describeError: an unknown error of a handshake is one of TLS", () => {
  const error = describeError("Cannot connect", new Error("bad certificate"), {
    ...context,
    handshake: true,
  });
  assertEquals([error.code, error.message], ["tls", "Cannot connect: bad certificate"]);
});

Deno.test("describeError: what TLS says of a certificate, or of an answer without TLS, comes with what to do", () => {
  const during = { ...context, handshake: true };
  for (const code of ["DEPTH_ZERO_SELF_SIGNED_CERT", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"]) {
    const error = describeError("Cannot connect", coded(code), during);
    assertEquals(error.code, "tls");
    assertMatch(error.message, / [A-Z_]+; --insecure accepts any certificate$/);
  }
  const plain = describeError("Cannot connect", coded("ERR_SSL_WRONG_VERSION_NUMBER"), during);
  assertEquals(plain.code, "tls");
  assertMatch(plain.message, /^Cannot connect: the answer is not TLS, .*does it want http: or ws:/);
});

Deno.test("describeError: a missing permission is named with its flag", () => {
  const refusal = new Deno.errors.NotCapable("Requires net access");
  const error = describeError("Cannot connect", refusal, context);
  assertEquals(error.code, "not-permitted");
  assertMatch(error.message, /--allow-net=edge\.example:443$/);
});

Deno.test("describeError: what is described already stays as it is", () => {
  const error = new ExchangeError("tls", "said", 1);
  assertEquals(describeError("Cannot connect", error, context), error);
});
