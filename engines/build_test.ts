import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { InconclusiveError, UsageError } from "../lab/errors.ts";
import { buildEngine } from "./build.ts";
import type { Build, Engine } from "./engine.ts";
import { folderPrefix } from "./folder.ts";
import { assertGone, exists, foldersOf, inTime, scripted, until } from "./testing_engine.ts";

/** What the build makes: it only knows its version. */
const PROGRAM = "#!/bin/sh\necho built/2.3.4\n";
const STOPPED = new Error("stopped by the test");

/** A cache folder and a path of the test's own, with a build tool that is a script. */
class Workshop implements AsyncDisposable {
  readonly #folder: string;
  readonly #before = { PATH: Deno.env.get("PATH"), XDG_CACHE_HOME: Deno.env.get("XDG_CACHE_HOME") };

  private constructor(folder: string) {
    this.#folder = folder;
    Deno.env.set("PATH", `${folder}/tools:${this.#before.PATH}`);
    Deno.env.set("XDG_CACHE_HOME", `${folder}/cache`);
  }

  static async open(tool: string): Promise<Workshop> {
    const folder = await Deno.makeTempDir();
    await Deno.mkdir(`${folder}/tools`);
    const script = `#!/bin/sh\nset -e\n${tool}\n`;
    await Deno.writeTextFile(`${folder}/tools/scripted-build`, script, { mode: 0o755 });
    return new Workshop(folder);
  }

  get bin(): string {
    return `${this.#folder}/cache/edge-repro/bin`;
  }

  /** What there is in the cache, of a program or a part of it. */
  async installed(): Promise<string[]> {
    if (!await exists(this.bin)) return [];
    return (await Array.fromAsync(Deno.readDir(this.bin))).map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [name, value] of Object.entries(this.#before)) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function built(build: Partial<Build> = {}): Engine {
  return {
    ...scripted,
    name: "built",
    title: "Built",
    program: "edge-repro-built",
    variable: "EDGE_REPRO_BUILT",
    versionArgs: ["--version"],
    version: /built\/(\S+)/,
    build: {
      tool: "scripted-build",
      toolFrom: "the tool's shop",
      args: ["--release"],
      files: { "src/program": PROGRAM },
      output: "out/program",
      ...build,
    },
  };
}

const COPY = "mkdir out; cp src/program out/program; chmod +x out/program";

/** Builds it, and gives the lines with what came of it. */
function start(engine: Engine, signal = new AbortController().signal) {
  const lines: string[] = [];
  const done = inTime(buildEngine(engine, { onLine: (line) => lines.push(line), signal }));
  return { lines, done };
}

async function assertNothingLeft(workshop: Workshop): Promise<void> {
  assertEquals(await workshop.installed(), []);
  assertEquals(await foldersOf("build-built"), []);
  await assertGone(folderPrefix("build-built"));
}

Deno.test("build: what the tool makes of the sources is kept in the cache, and nothing else", async () => {
  await using workshop = await Workshop.open(`echo "building $*"; ${COPY}`);
  const { done, lines } = start(built());
  const { program, version } = await done;
  assertEquals([program, version], [`${workshop.bin}/edge-repro-built`, "2.3.4"]);
  assertEquals(lines, ["building --release"]);
  assertEquals(await workshop.installed(), ["edge-repro-built"]);
  assertEquals(await Deno.readTextFile(program), PROGRAM);
  assertEquals(await foldersOf("build-built"), []);
});

Deno.test("build: a program that needs a folder around it is kept with all of that", async () => {
  const launcher = '#!/bin/sh\ncat "$(dirname "$(readlink -f "$0")")/part/text"\n';
  await using workshop = await Workshop.open(
    "mkdir -p out/part; cp src/start out/start; cp src/text out/part/text; ln -s part out/link",
  );
  const files = { "src/start": launcher, "src/text": "built/2.3.4\n" };
  // What an earlier build has left there, without the program that leads to it.
  const lib = `${workshop.bin}/../lib/edge-repro-built`;
  await Deno.mkdir(`${lib}/stale`, { recursive: true });
  const { program, version } = await start(built({ files, output: "out", start: "start" })).done;
  assertEquals([program, version], [`${workshop.bin}/edge-repro-built`, "2.3.4"]);
  assertEquals(await workshop.installed(), ["edge-repro-built"]);
  const kept = await Array.fromAsync(Deno.readDir(lib), ({ name }) => name);
  assertEquals(kept.sort(), ["link", "part", "start"]);
  assertEquals((await Deno.lstat(`${lib}/link`)).isSymlink, true);
  const beside = await Array.fromAsync(Deno.readDir(`${lib}/..`), ({ name }) => name);
  assertEquals(beside, ["edge-repro-built"]);
  assertEquals(await foldersOf("build-built"), []);
});

Deno.test("build: what is there already is not built again", async () => {
  await using workshop = await Workshop.open("echo 'not to be run'; exit 1");
  await Deno.mkdir(workshop.bin, { recursive: true });
  await Deno.writeTextFile(`${workshop.bin}/edge-repro-built`, PROGRAM, { mode: 0o755 });
  const { done, lines } = start(built());
  assertEquals((await done).version, "2.3.4");
  assertEquals(lines, []);
});

Deno.test("build: an engine that is installed otherwise says how", async () => {
  await assertRejects(() => start(scripted).done, UsageError, "nothing to install");
});

Deno.test("build: without its tool, says where to get it", async () => {
  await using workshop = await Workshop.open(COPY);
  const { done } = start(built({ tool: "edge-repro-no-such-tool" }));
  const error = await assertRejects(() => done, UsageError);
  assertEquals(
    error.message,
    "Cannot build Built: no edge-repro-no-such-tool here; install the tool's shop",
  );
  await assertNothingLeft(workshop);
});

Deno.test("build: a tool that fails is inconclusive, with the end of what it said", async () => {
  await using workshop = await Workshop.open("echo one; echo 'no such crate' >&2; exit 7");
  const error = await assertRejects(() => start(built()).done, InconclusiveError);
  assertMatch(error.message, /^Cannot build Built: scripted-build ended with exit code 7: /);
  assertMatch(error.message, /no such crate/);
  await assertNothingLeft(workshop);
});

Deno.test("build: what cannot be copied leaves no part of it", async () => {
  // It can be opened and not read: the copy is begun and fails.
  await using workshop = await Workshop.open("mkdir out; ln -s /proc/self/mem out/program");
  const error = await assertRejects(() => start(built()).done, InconclusiveError);
  assertMatch(error.message, /ended with exit code 1: .*\/program/);
  await assertNothingLeft(workshop);
});

Deno.test("build: sources that cannot be written leave nothing", async () => {
  await using workshop = await Workshop.open(COPY);
  const engine = built({ files: { "src": "a file", "src/program": PROGRAM } });
  await assertRejects(() => start(engine).done, Deno.errors.AlreadyExists);
  await assertNothingLeft(workshop);
});

Deno.test("build: interrupted before it begins, nothing is built", async () => {
  await using workshop = await Workshop.open("exec sleep 600");
  const error = await assertRejects(() => start(built(), AbortSignal.abort(STOPPED)).done);
  assertEquals(error, STOPPED);
  await assertNothingLeft(workshop);
});

Deno.test("build: interrupted while the tool works, the tool and its folder go", async () => {
  await using workshop = await Workshop.open("sleep 600 & echo began; wait");
  const stop = new AbortController();
  const error = await assertRejects(() =>
    inTime(buildEngine(built(), { onLine: () => stop.abort(STOPPED), signal: stop.signal }))
  );
  assertEquals(error, STOPPED);
  await assertNothingLeft(workshop);
});

Deno.test("build: interrupted in the middle of the copy, no part of it stays", async () => {
  // The copy reads from a pipe whose writer stops half-way.
  await using workshop = await Workshop.open(
    "mkdir out; mkfifo out/program; (echo half; exec sleep 600) >out/program &",
  );
  const stop = new AbortController();
  const { done } = start(built(), stop.signal);
  const part = async () => {
    const [name] = await workshop.installed();
    return name !== undefined && await Deno.readTextFile(`${workshop.bin}/${name}`) !== "";
  };
  await until(part);
  stop.abort(STOPPED);
  assertEquals(await assertRejects(() => done), STOPPED);
  await assertNothingLeft(workshop);
});
