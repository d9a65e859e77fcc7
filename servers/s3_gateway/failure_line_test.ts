// The line that tells of a failed request: what is in it, and what never is.

import { assert, assertEquals } from "@std/assert";
import { ExchangeError } from "../web_identity/exchange_error.ts";
import { failureLine } from "./failure_line.ts";
import { UnreachableError } from "./outbound.ts";

const failure = {
  requestId: "0A1B2C3D4E5F",
  asked: "PUT /videos/k",
  status: 503,
  code: "ServiceUnavailable",
  message: "The store cannot be reached.",
};
const START = "0A1B2C3D4E5F PUT /videos/k: 503 ServiceUnavailable: The store cannot be reached.";
const lineFor = (cause: unknown) => failureLine({ ...failure, cause });

Deno.test("a failure is one line, with what its causes tell more", () => {
  assertEquals(failureLine(failure), START);
  assertEquals(lineFor("text"), START);
  const cause = new Error("connect ECONNREFUSED 127.0.0.1:9000");
  assertEquals(
    lineFor(new UnreachableError("nobody is there", { cause })),
    `${START} (nobody is there: connect ECONNREFUSED 127.0.0.1:9000)`,
  );
  assertEquals(lineFor(new Error("cannot be reached")), START);
  const round = new Error("round");
  round.cause = round;
  assertEquals(lineFor(round), `${START} (round)`);
  const message = "a\r\nb \x1b[31mc";
  assertEquals(
    failureLine({ ...failure, message, cause: new Error(message) }).includes("\n"),
    false,
  );
  assert(failureLine({ ...failure, message }).endsWith("a b [31mc"));
});

Deno.test("no token that a token service repeats is in the line, and no value of a header field", () => {
  const token = `${"A".repeat(80)}.${"b".repeat(80)}.${"C".repeat(80)}`;
  const refused = new ExchangeError("InvalidIdentityToken", 400, `Not taken: ${token}, sorry`);
  assertEquals(lineFor(refused), `${START} (Not taken: … sorry)`);
  const inHeader = () => new Headers({ "x-amz-security-token": "hid\nden" });
  let thrown: unknown;
  try {
    inHeader();
  } catch (error) {
    thrown = error;
  }
  assert(thrown instanceof TypeError && thrown.message.includes("hid"));
  assertEquals(lineFor(thrown), START);
});
