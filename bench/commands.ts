// How long the command line takes, from the start of its process to the end.

import { outputOf } from "./process.ts";
import type { BenchContext, Measurement } from "./measurement.ts";
import { type Row, samplesOf, type Table } from "./result.ts";

/** The permissions of `deno task repro`. */
const PERMISSIONS = [
  "--no-prompt",
  "--allow-net=127.0.0.1",
  "--allow-env=AWS_*,HOME,USERPROFILE,HOMEPATH,HOMEDRIVE,_X_AMZN_TRACE_ID,WS_NO_*",
  "--allow-sys=osRelease",
];

/** One command line, how often it is run, and the limit for its median. */
interface Timed {
  args: readonly string[];
  times: number;
  limitMs: number;
  meaning: string;
}

const COMMANDS: readonly Timed[] = [
  {
    args: ["repro", "cache-lock", "--all-cases"],
    times: 3,
    limitMs: 8_000,
    meaning: "Every case of the scenario on both variants of our servers at the default speed.",
  },
  {
    args: ["repro", "cache-lock"],
    times: 5,
    limitMs: 1_500,
    meaning: "The headline case on both variants of our servers at the default speed.",
  },
  {
    args: ["--version"],
    times: 9,
    limitMs: 100,
    meaning: "The least that the program can do: what starting it costs.",
  },
];

async function measure({ args, times, limitMs, meaning }: Timed): Promise<Table> {
  const command = args.join(" ");
  const durations: number[] = [];
  let note: string | undefined;
  // One run more than is counted: the first one compiles.
  for (let time = 0; time <= times; time++) {
    const main = new URL("../main.ts", import.meta.url).pathname;
    const before = performance.now();
    const output = await outputOf(Deno.execPath(), ["run", ...PERMISSIONS, main, ...args]);
    const durationMs = performance.now() - before;
    if (output?.code !== 0) note = `exit code ${output?.code ?? "unknown"}, expected 0`;
    if (time > 0) durations.push(durationMs);
  }
  const samples = samplesOf(durations);
  const row: Row = { subject: `\`edge-repro ${command}\``, samples };
  return {
    id: `command-${args.map((one) => one.replaceAll("--", "")).join("-")}`,
    title: `\`${command}\`: the whole process`,
    unit: "ms",
    meaning,
    rows: [note === undefined ? row : { ...row, note }],
    target: {
      text: `under ${limitMs} ms`,
      met: samples === null || note !== undefined ? null : samples.median < limitMs,
    },
  };
}

/** The measurement. */
export const commands: Measurement = {
  id: "commands",
  parameters: {},
  async run(context: BenchContext) {
    const tables: Table[] = [];
    for (const timed of COMMANDS) {
      context.signal.throwIfAborted();
      context.progress(`the command line: ${timed.args.join(" ")}`);
      tables.push(await measure(timed));
    }
    return tables;
  },
};
