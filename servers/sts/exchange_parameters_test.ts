// What a form asks for, for any form: read as it was written, or refused with one of STS's codes.

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { exchangeRequest } from "../web_identity/exchange.ts";
import { parseExchangeForm, readForm } from "./exchange_parameters.ts";
import { StsError } from "./sts_error.ts";

const sessionName = fc.stringMatching(/^[\w+=,.@-]{2,64}$/);
const roleName = fc.stringMatching(/^[\w+=,.@\/-]{1,64}$/);
const token = fc.string({ unit: "binary", minLength: 4, maxLength: 200 });
const durationS = fc.option(fc.integer({ min: 900, max: 43_200 }), { nil: undefined });

Deno.test("exchange parameters: what a client asks for is what is read", async () => {
  await fc.assert(
    fc.asyncProperty(sessionName, roleName, token, durationS, async (name, role, jwt, seconds) => {
      const asked = {
        roleArn: `arn:aws:iam::123456789012:role/${role}`,
        sessionName: name,
        token: jwt,
        durationS: seconds,
      };
      const { durationS: _, ...rest } = asked;
      const { url, init } = exchangeRequest({
        stsUrl: "http://sts.test",
        ...rest,
        ...(seconds !== undefined && { durationS: seconds }),
      });
      assertEquals(parseExchangeForm(await readForm(new Request(url, init))), asked);
    }),
  );
});

Deno.test("exchange parameters: whatever the form, nothing but an StsError is thrown", () => {
  const name = fc.constantFrom(
    "Action",
    "Version",
    "RoleArn",
    "RoleSessionName",
    "WebIdentityToken",
    "DurationSeconds",
    "Policy",
  );
  const value = fc.oneof(
    fc.constantFrom("AssumeRoleWithWebIdentity", "2011-06-15", "arn:aws:iam::1:role/a", "900"),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), (pairs) => {
      try {
        parseExchangeForm(new URLSearchParams(pairs));
      } catch (error) {
        if (!(error instanceof StsError)) throw error;
      }
    }),
  );
});

Deno.test("exchange parameters: a refusal says what is expected, and shows no token", () => {
  const form = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: "arn:aws:iam::1:role/a",
    RoleSessionName: "ab",
    WebIdentityToken: "key",
  });
  const error = assertThrows(() => parseExchangeForm(form), StsError);
  assertEquals(
    error.message,
    "The parameter WebIdentityToken is not valid: received 3 characters, expected 4 to 20000 characters.",
  );
});
