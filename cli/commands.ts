// The one list of commands; each is loaded only when it is asked for.

import type { CommandEntry } from "./command.ts";

/** All commands, in the order in which the help text lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "repro",
    summary: "run the embedded servers in both variants and check that each comes out as expected",
    load: async () => (await import("./repro.ts")).repro,
  },
  {
    name: "probe",
    summary: "aim a scenario's probe at something real and judge it",
    load: async () => (await import("./probe.ts")).probe,
  },
  {
    name: "serve",
    summary: "start embedded servers and print their URLs",
    load: async () => (await import("./serve.ts")).serve,
  },
  {
    name: "ws",
    summary: "talk to a WebSocket by hand or by script, and see what is left unanswered",
    load: async () => (await import("./ws.ts")).ws,
  },
  {
    name: "matrix",
    summary: "every case against every installed engine and our own servers, as a table",
    load: async () => (await import("./matrix.ts")).matrix,
  },
  {
    name: "engines",
    summary: "which real products are installed here, and how to install the others",
    load: async () => (await import("./engines.ts")).engines,
  },
  {
    name: "list",
    summary: "what there is: scenarios, cases, servers, engines, formats",
    load: async () => (await import("./list.ts")).list,
  },
  {
    name: "describe",
    summary: "a scenario's or a case's claim, parameters, verdict rule and source",
    load: async () => (await import("./describe.ts")).describe,
  },
  {
    name: "report",
    summary: "render a saved result in another format",
    load: async () => (await import("./report.ts")).report,
  },
];
