// `deno task bench [MEASUREMENT...] [--save]`: measures, prints tables, and writes the result when it is
// of all measurements, or when told to put those tables in the place of the saved ones.

import { messageOf } from "../lab/errors.ts";
import { didYouMean } from "../lab/nearest.ts";
import type { BenchContext } from "./measurement.ts";
import { measurements } from "./measurements.ts";
import { drawPage, drawTables } from "./page.ts";
import { peers } from "./peers/peers.ts";
import { ourFolderStore, ourMemoryStore, s3Peers } from "./peers/s3_peers.ts";
import { workerdPeer } from "./peers/ws_peers.ts";
import { type BenchResult, benchSchema, type Table, updated } from "./result.ts";

const RESULT = new URL("../docs/results/bench.json", import.meta.url);
const PAGE = new URL("../docs/bench.md", import.meta.url);

const SAVE = "--save";

const IDS = measurements.map((one) => one.id);

const HELP = `Usage: deno task bench [MEASUREMENT...] [--save]

Measures and prints tables. Without a MEASUREMENT everything, which also writes docs/bench.md and
its result; with --save the tables of those that are named take the place of the saved ones.

Measurements:
${IDS.map((id) => `  ${id}`).join("\n")}`;

async function versions(): Promise<Record<string, string | null>> {
  const known: [string, string | null][] = [["Deno", Deno.version.deno]];
  for (const peer of peers.filter((one) => !one.name.includes("our") && !/Deno/.test(one.name))) {
    known.push([peer.name, await peer.version() ?? null]);
  }
  for (const peer of s3Peers.filter((one) => one !== ourMemoryStore && one !== ourFolderStore)) {
    known.push([peer.name, await peer.version() ?? null]);
  }
  known.push([workerdPeer.name, await workerdPeer.version() ?? null]);
  return Object.fromEntries(known);
}

async function resultOf(tables: Table[]): Promise<BenchResult> {
  return benchSchema.parse({
    schema: "edge-repro/bench@1",
    date: new Date().toISOString().slice(0, 10),
    versions: await versions(),
    system: {
      os: Deno.build.os,
      // What follows the numbers names whoever built the kernel.
      kernel: /^[\d.]+/.exec(Deno.osRelease())?.[0].replace(/\.$/, "") ?? "unknown",
      arch: Deno.build.arch,
      cores: navigator.hardwareConcurrency,
    },
    parameters: Object.assign({}, ...measurements.map((one) => one.parameters)),
    tables,
  });
}

async function bench(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const names = args.filter((arg) => arg !== SAVE);
  const unknown = names.find((name) => !IDS.includes(name));
  if (unknown !== undefined) {
    const nearest = didYouMean(unknown, [...IDS, SAVE]);
    console.error(`Cannot measure: received '${unknown}', expected ${IDS.join(", ")}${nearest}`);
    return 2;
  }
  if (Deno.build.os !== "linux") {
    console.error(`Cannot measure on ${Deno.build.os}: memory and sockets are read from /proc`);
    return 2;
  }
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort(new Error("interrupted"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, onSignal);
  const context: BenchContext = {
    signal: interrupt.signal,
    progress: (text) => console.error(text),
  };
  const tables: Table[] = [];
  try {
    for (const one of measurements) {
      if (names.length > 0 && !names.includes(one.id)) continue;
      tables.push(...await one.run(context));
    }
  } catch (error) {
    console.error(messageOf(error));
    return interrupt.signal.aborted ? 130 : 1;
  }
  console.log(drawTables(tables));
  if (names.length > 0 && names.length === args.length) return 0;
  const fresh = await resultOf(tables);
  const result = names.length === 0
    ? fresh
    : updated(benchSchema.parse(JSON.parse(await Deno.readTextFile(RESULT))), fresh);
  await Deno.writeTextFile(RESULT, `${JSON.stringify(result, null, 2)}\n`);
  await Deno.writeTextFile(PAGE, drawPage(result));
  return 0;
}

Deno.exit(await bench(Deno.args));
