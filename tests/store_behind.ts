// An object store of ours that a test may get in the way of, and the probe's command line aimed at it.

import { realClock } from "../lab/clock.ts";
import type { Variant } from "../lab/verdict.ts";
import { listen } from "../servers/listen.ts";
import { createMemoryStorage } from "../servers/object_store/memory_storage.ts";
import { createObjectStore } from "../servers/object_store/object_store.ts";
import type { Storage } from "../servers/object_store/storage.ts";
import type { ConnectionInfo } from "../servers/server.ts";
import { type Finished, run } from "./cli_process.ts";

/** The key that the store knows. Its parts must stand nowhere in what a probe writes. */
export const KEY = {
  accessKeyId: "AKTESTSTALEREAD",
  secretAccessKey: "the/secret+of-a-test0123456789",
};

/** The key as a user has it in the environment. */
export const ENV: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: KEY.accessKeyId,
  AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
};

/** Whoever runs the tests may have keys of their own; an empty variable is none. */
const NONE = Object.fromEntries(
  [
    ...["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"],
    ...["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"],
    ...["R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY"],
  ].map((name) => [name, ""]),
);

/** Gets in the way of a request: gives another answer, or none for the store's own. */
export type Fault = (
  request: Request,
  info: ConnectionInfo | undefined,
  storage: Storage,
) => Response | undefined | Promise<Response | undefined>;

/** A store that can be reached. */
export interface Behind extends AsyncDisposable {
  url: string;
  /** The same in another region. */
  otherUrl: string;
  storage: Storage;
  /** The buckets, and each object as `BUCKET/KEY`. */
  names: () => string[];
}

/** Starts a store, with a fault before it; the bucket `given` is there and public. */
export async function startBehind(
  variant: Variant,
  fault: Fault = () => undefined,
): Promise<Behind> {
  await using scope = new AsyncDisposableStack();
  const storage = createMemoryStorage();
  await storage.createBucket({ name: "given", createdMs: Date.now() });
  const store = createObjectStore({
    storage,
    credentials: [KEY],
    variant,
    clock: realClock,
    regions: ["wnam", "weur"],
    publicBuckets: ["given"],
  });
  scope.defer(() => store.close());
  const fetch = async (request: Request, info?: ConnectionInfo) =>
    await fault(request, info, storage) ?? await store.fetch(request);
  const { url } = scope.use(await listen({ fetch }, { connectionControl: true }));
  const { url: otherUrl } = scope.use(await listen(store.region("weur")));
  const rest = scope.move();
  return {
    url,
    otherUrl,
    storage,
    names: () =>
      storage.buckets().flatMap(({ name }) => [
        name,
        ...[...storage.objects(name)].map(([key]) => `${name}/${key}`),
      ]),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

/** The answer of a store that refuses. */
export function refusal(status: number, code: string, headers: HeadersInit = {}): Response {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code>` +
    "<Message>No, said with some/secret.</Message></Error>";
  const fields = new Headers(headers);
  fields.set("content-type", "application/xml");
  fields.set("x-amz-request-id", "1");
  return new Response(text, { status, headers: fields });
}

/** The permissions of the task `probe`. */
export async function probePermissions(home: string): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  const flags: string[] = String(tasks.probe).match(/--allow-\S+/g) ?? [];
  return flags.map((flag) => flag.replace("$HOME", home));
}

/** What a probe needs beside its target to be quick, with a threshold of one second. */
export const QUICK = ["--speed", "20", "--threshold-ms", "20000"];

/** What {@linkcode probe} is told. */
export interface ProbeCall {
  env?: Readonly<Record<string, string>>;
  /** Where `.aws` is looked for. Default: nowhere. */
  home?: string;
  /** The case. Default: the headline. */
  selector?: string;
  /** Takes the place of {@linkcode QUICK}. */
  pace?: readonly string[];
}

/** Where the runtime has its cache: it would look for it below another home. */
const DENO_DIR = JSON.parse(
  new TextDecoder().decode(
    new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync().stdout,
  ),
).denoDir;

/** The environment and permissions of a probe as {@linkcode probe} starts it. */
export async function startOptions(
  { env = ENV, home = "/nowhere" }: ProbeCall = {},
): Promise<{ permissions: string[]; env: Record<string, string> }> {
  return {
    permissions: await probePermissions(home),
    env: { ...NONE, DENO_DIR, HOME: home, ...env },
  };
}

/**
 * Runs `probe stale-read` with the permissions of its task.
 *
 * @throws {Error} when anything of a key or a signature is in what it wrote.
 */
export async function probe(args: readonly string[], call: ProbeCall = {}): Promise<Finished> {
  const { selector = "stale-read", pace = QUICK } = call;
  const options = await startOptions(call);
  const finished = await run(["probe", selector, ...args, ...pace], options);
  checkNoSecret(finished, options.env);
  return finished;
}

/** Fails when anything of a key or a signature is in what was written. */
export function checkNoSecret(
  { stdout, stderr }: Pick<Finished, "stdout" | "stderr">,
  env: Readonly<Record<string, string>> = ENV,
): void {
  const secrets = Object.entries(env).filter(([name]) => /SECRET|TOKEN/.test(name))
    .map(([, value]) => value).filter((value) => value !== "");
  const text = `${stdout}${stderr}`;
  const told = [KEY.secretAccessKey, ...secrets].find((secret) => text.includes(secret)) ??
    /Signature=(?!\*\*\*)\S*/i.exec(text)?.[0];
  if (told !== undefined) throw new Error(`'${told}' was told:\n${text}`);
}
