// For tests: an STS that is listened on, tokens of it, and exchanges with it.

import { type Clock, ManualClock } from "../../lab/clock.ts";
import { listen, type Listening } from "../listen.ts";
import { DEMO_AUDIENCE, DEMO_ROLE_ARN, DEMO_SUBJECT } from "../web_identity/demo.ts";
import {
  assumeRoleWithWebIdentity,
  type ExchangedKey,
  type ExchangeOptions,
} from "../web_identity/exchange.ts";
import { ExchangeError } from "../web_identity/exchange_error.ts";
import type { TokenClaims } from "./issue_token.ts";
import { createSts, type Sts, type StsOptions } from "./sts.ts";

/** The key that a testing STS hands out keys for. */
export const LASTING_KEY = { accessKeyId: "AKTESTING", secretAccessKey: "for tests alone" };

/** When a testing STS's time begins. */
export const NOW = Date.UTC(2026, 10, 21, 10);

/** An STS that can be reached, whose time stands still. */
export class TestingSts implements AsyncDisposable {
  readonly sts: Sts;
  readonly listening: Listening;
  readonly clock: Clock & Pick<ManualClock, "advance">;

  private constructor(sts: Sts, listening: Listening, clock: ManualClock) {
    this.sts = sts;
    this.listening = listening;
    this.clock = clock;
  }

  static async start(options: Partial<StsOptions> = {}): Promise<TestingSts> {
    const clock = new ManualClock(NOW);
    const sts = await createSts({
      clock,
      key: LASTING_KEY,
      roleArn: DEMO_ROLE_ARN,
      audience: DEMO_AUDIENCE,
      ...options,
    });
    return new TestingSts(sts, await listen(sts), clock);
  }

  get url(): string {
    return this.listening.url;
  }

  /** A token that holds, but for what is said of it. */
  token(claims: Partial<TokenClaims> = {}): Promise<string> {
    const { url: issuer } = this;
    return this.sts.issueToken({
      subject: DEMO_SUBJECT,
      audience: DEMO_AUDIENCE,
      issuer,
      ...claims,
    });
  }

  /** Exchanges a token. */
  exchange(token: string, options: Partial<ExchangeOptions> = {}): Promise<ExchangedKey> {
    return assumeRoleWithWebIdentity({
      stsUrl: this.url,
      roleArn: DEMO_ROLE_ARN,
      sessionName: "tests",
      token,
      ...options,
    });
  }

  /** How an exchange is refused: `400 InvalidIdentityToken`; `none` where it is not. */
  async refusal(token: string, options: Partial<ExchangeOptions> = {}): Promise<string> {
    return await refusalOf(this.exchange(token, options));
  }

  /** A figure. */
  figure(name: string): unknown {
    return this.sts.stats()[name];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sts.close();
    await this.listening.close();
  }
}

/** How an exchange is refused: `400 InvalidIdentityToken`; `none` where it is not. */
export async function refusalOf(exchange: Promise<unknown>): Promise<string> {
  try {
    await exchange;
    return "none";
  } catch (error) {
    if (error instanceof ExchangeError) return `${error.status} ${error.code}`;
    throw error;
  }
}
