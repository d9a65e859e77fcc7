// The STS as `serve` offers it.

import { z } from "zod";
import { realClock } from "../../lab/clock.ts";
import { UsageError } from "../../lab/errors.ts";
import { choiceParam, durationParam, textParam } from "../../lab/params.ts";
import type { ServerDefinition } from "../definition.ts";
import { DEMO_CREDENTIALS } from "../s3/demo_credentials.ts";
import { environmentCredentials } from "../s3/environment_credentials.ts";
import { DEMO_AUDIENCE, DEMO_ROLE_ARN } from "../web_identity/demo.ts";
import { ROLE_ARN } from "./exchange_parameters.ts";
import { FAULTS } from "./faults.ts";
import { createSts } from "./sts.ts";

const params = z.object({
  delayMs: durationParam({
    flag: "delay",
    description: "For how long an exchange of a token for a key takes",
    defaultMs: 200,
    bareUnit: "ms",
  }),
  issue: choiceParam({
    flag: "issue",
    description: "Which keys it hands out: ones that end (temporary), or the store's own (static)",
    choices: ["temporary", "static"],
    default: "temporary",
  }),
  lifetimeMs: durationParam({
    flag: "lifetime",
    description: "The longest time that a temporary key holds",
    defaultMs: 3_600_000,
    bareUnit: "s",
    minMs: 1_000,
    paced: false,
  }),
  roleArn: textParam({
    flag: "role-arn",
    description: "The role that may be assumed",
    default: DEMO_ROLE_ARN,
    expected: "the ARN of a role",
    placeholder: "ARN",
    pattern: ROLE_ARN,
  }),
  audience: textParam({
    flag: "audience",
    description: "The audience that tokens must name",
    default: DEMO_AUDIENCE,
    expected: "a name or a URL",
    pattern: /^\S+$/,
  }),
  subject: textParam({
    flag: "subject",
    description: "The subject that tokens must name; without it any",
    expected: "a name",
    pattern: /^\S*$/,
  }),
  issuer: textParam({
    flag: "issuer",
    description: "The URL that its own tokens name; without it the one at which they are asked for",
    expected: "a URL that begins with http and has no final slash",
    placeholder: "URL",
    pattern: /^(https?:\/\/\S*[^\s/])?$/,
  }),
  trust: textParam({
    flag: "trust",
    description: "Another OIDC issuer whose tokens are taken",
    expected: "a URL that begins with http",
    placeholder: "URL",
    pattern: /^(https?:\/\/\S+)?$/,
  }),
  fault: choiceParam({
    flag: "fault",
    description:
      "What exchanges do instead of being answered, until /_edge-repro/faults says other",
    choices: FAULTS,
    default: "none",
  }),
});

/** The OIDC issuer and STS. */
export const stsDefinition: ServerDefinition = {
  name: "sts",
  summary: "An OIDC issuer, and an STS that exchanges its tokens for keys to the object store",
  port: 8789,
  params,
  wiring: {},
  connectionControl: false,
  async create(given, { clock, warn }) {
    const { issuer, trust, fault, ...options } = params.parse(given);
    for (const [flag, url] of [["issuer", issuer], ["trust", trust]]) {
      if (url === "" || URL.canParse(url ?? "")) continue;
      throw new UsageError(`--${flag}: received '${url}', expected a URL`);
    }
    const key = environmentCredentials();
    if (options.issue === "static" && key.accessKeyId !== DEMO_CREDENTIALS.accessKeyId) {
      warn("the STS hands out the key of the environment to whoever asks it");
    }
    const sts = await createSts({
      ...options,
      clock,
      // Tokens and keys end by the wall clock, however fast the server's own time runs.
      wallClock: realClock,
      key,
      ...(issuer !== "" && { issuer }),
      trusted: trust === "" ? [] : [trust],
    });
    sts.setFault("exchange", fault);
    return sts;
  },
};
