// A real browser as a client: Debian's Chromium, driven by playwright-core, which is loaded only then.

import { type Clock, realClock } from "../lab/clock.ts";
import { InconclusiveError, messageOf } from "../lab/errors.ts";
import type { Availability } from "./child.ts";

/** Where Debian has it. */
export const CHROMIUM = "/usr/bin/chromium";

/** No sandbox, because root has none; the others keep it from reaching hosts that nobody named. */
export const CHROMIUM_ARGS: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How long it may take to start, in milliseconds of the wall clock. */
const LAUNCH_MS = 20_000;

/**
 * What starting it takes: a folder for its profile, and what playwright-core looks at by itself. This
 * is so with 1.56.1; 1.65.1 looks below /proc/sys, which Deno 2.9.6 allows with --allow-all only.
 */
function permissions(folder: string): [flag: string, Deno.PermissionDescriptor[]][] {
  return [
    [`--allow-run=${CHROMIUM}`, [{ name: "run", command: CHROMIUM }]],
    [`--allow-read=${CHROMIUM},${folder}`, [
      { name: "read", path: CHROMIUM },
      { name: "read", path: folder },
    ]],
    [`--allow-write=${folder}`, [{ name: "write", path: folder }]],
    ["--allow-env", [{ name: "env" }]],
    ["--allow-sys=osRelease,homedir", [
      { name: "sys", kind: "osRelease" },
      { name: "sys", kind: "homedir" },
    ]],
  ];
}

/** Whether a browser can be run here, and if not, why and what would allow it. Never prompts. */
export async function browserAvailability(): Promise<Availability> {
  const env = await Deno.permissions.query({ name: "env", variable: "TMPDIR" });
  const folder = (env.state === "granted" ? Deno.env.get("TMPDIR") : undefined) || "/tmp";
  const missing: string[] = [];
  for (const [flag, needed] of permissions(folder)) {
    const states = await Promise.all(needed.map((one) => Deno.permissions.query(one)));
    if (states.some(({ state }) => state !== "granted")) missing.push(flag);
  }
  if (missing.length > 0) {
    return { available: false, reason: `needs permission to run a browser: ${missing.join(" ")}` };
  }
  const found = await Deno.stat(CHROMIUM).catch(() => undefined);
  return found?.isFile
    ? { available: true }
    : { available: false, reason: `there is no ${CHROMIUM}: apt-get install chromium` };
}

/** What a browser is started with. */
export interface BrowserOptions {
  /** Gives every time that is reported. */
  clock: Clock;
  /** Accept any certificate. */
  insecure: boolean;
  /** Sent with every request that the browser makes. */
  headers: Readonly<Record<string, string>>;
}

/** A page on its way to a document. */
export interface Visit {
  /** When the browser was told to go there, in milliseconds of the clock. */
  readonly startedAtMs: number;
  /** Whether the document's answer has begun. */
  readonly answered: boolean;
  /** Why it ended without one, in a line; undefined while it has not. */
  readonly failure: string | undefined;
}

/** One browser with one page. */
export interface BrowserPage extends AsyncDisposable {
  /** Goes to a document, and does not wait for it. */
  visit(url: string): Visit;
  /**
   * Goes away to an empty page, as a user does who follows another link: what the page still waits
   * for is cancelled. Resolves when the browser has gone there.
   */
  leave(): Promise<void>;
}

/**
 * Starts a browser with a profile of its own in a new folder below the system's temporary one.
 * Disposing of it ends the process and removes the folder.
 *
 * @throws {InconclusiveError} when it does not start.
 */
export async function launchBrowser(options: BrowserOptions): Promise<BrowserPage> {
  const { clock, insecure, headers } = options;
  const folder = await Deno.makeTempDir({ prefix: "edge-repro-browser-" });
  try {
    const { chromium } = await import("playwright-core");
    const context = await chromium.launchPersistentContext(folder, {
      executablePath: CHROMIUM,
      args: [...CHROMIUM_ARGS],
      // Whatever it keeps for its user goes into the folder too.
      env: { PATH: "/usr/bin:/bin", HOME: folder, TMPDIR: folder, XDG_RUNTIME_DIR: folder },
      timeout: LAUNCH_MS,
      ignoreHTTPSErrors: insecure,
      extraHTTPHeaders: { ...headers },
      // Who started us ends the run, and with it the browser.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    const page = context.pages()[0] ?? await context.newPage();
    return {
      visit(url) {
        const visit = {
          startedAtMs: clock.now(),
          answered: false,
          failure: undefined as string | undefined,
        };
        page.goto(url, { timeout: 0, waitUntil: "commit" }).then(
          () => void (visit.answered = true),
          (error) => void (visit.failure = oneLine(error)),
        );
        return visit;
      },
      async leave() {
        await page.goto("about:blank");
      },
      async [Symbol.asyncDispose]() {
        try {
          await context.close();
        } finally {
          await remove(folder);
        }
      },
    };
  } catch (error) {
    await remove(folder);
    throw new InconclusiveError(`Cannot start ${CHROMIUM}: ${oneLine(error)}`, { cause: error });
  }
}

/**
 * Starts a browser that `scope` ends, also when the scope is closed while it is being started: the
 * process and its folder are gone when the scope is.
 *
 * @throws {ReferenceError} when the scope is closed already.
 */
export function ownBrowser(
  scope: AsyncDisposableStack,
  options: BrowserOptions,
): Promise<BrowserPage> {
  const started = Promise.withResolvers<BrowserPage>();
  started.promise.catch(() => {});
  scope.defer(async () => {
    const browser = await started.promise.catch(() => undefined);
    await browser?.[Symbol.asyncDispose]();
  });
  launchBrowser(options).then(started.resolve, started.reject);
  return started.promise;
}

function oneLine(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : messageOf(error)).split("\n");
  return line.trim();
}

/** How often, and after how long each time, a folder is tried to be removed. */
const REMOVALS = 10;
const REMOVE_AGAIN_MS = 100;

/** Helpers of the browser outlive it for a moment, and write. */
async function remove(folder: string): Promise<void> {
  for (let left = REMOVALS; left > 0; left--) {
    try {
      return await Deno.remove(folder, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      if (left === 1) throw error;
      await realClock.sleep(REMOVE_AGAIN_MS);
    }
  }
}
