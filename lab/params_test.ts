// Tests of what is derived from a declaration of parameters.

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { UsageError } from "./errors.ts";
import {
  choiceParam,
  countParam,
  durationParam,
  formatParam,
  paceParams,
  type ParamField,
  paramFields,
  type ParamsSchema,
  parseParam,
  placeholderOf,
  switchParam,
} from "./params.ts";

const schema = z.object({
  delayMs: durationParam({
    flag: "delay",
    description: "How long the origin takes.",
    defaultMs: 5_000,
    bareUnit: "s",
    minMs: 10,
  }),
  idleMs: durationParam({
    flag: "idle",
    description: "What the target itself takes.",
    defaultMs: 10_000,
    bareUnit: "s",
    paced: false,
  }),
  readers: countParam({
    flag: "num-readers",
    description: "How many.",
    default: 3,
    min: 1,
    max: 9,
  }),
  abandon: choiceParam({
    flag: "abandon",
    description: "What becomes of the fill.",
    choices: ["finish", "end"],
    default: "finish",
  }),
});

function field(name: string): ParamField {
  const found = paramFields(schema).find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no field ${name}`);
  return found;
}

Deno.test("fields come in the order of their declaration with flag, unit and default", () => {
  assertEquals(
    paramFields(schema).map(({ name, flag, unit, default: value }) => [name, flag, unit, value]),
    [
      ["delayMs", "delay", "ms", 5_000],
      ["idleMs", "idle", "ms", 10_000],
      ["readers", "num-readers", "count", 3],
      ["abandon", "abandon", "choice", "finish"],
    ],
  );
});

Deno.test("a field that none of our functions made is a mistake of ours", () => {
  const foreign: ParamsSchema = z.object({ x: z.number().default(1) });
  assertThrows(() => paramFields(foreign), TypeError, "Parameter 'x'");
});

const READ: [name: string, text: string, value: number | string][] = [
  ["delayMs", "2", 2_000],
  ["delayMs", "250ms", 250],
  ["readers", "9", 9],
  ["abandon", "end", "end"],
];

for (const [name, text, value] of READ) {
  Deno.test(`--${field(name).flag} ${text} is ${value}`, () => {
    assertEquals(parseParam(schema, field(name), text), value);
  });
}

const REFUSED: [name: string, text: string, expected: string][] = [
  ["delayMs", "5x", "a number with ms, s, m or h"],
  ["delayMs", "9ms", "a duration from 10 ms to 24 h"],
  ["delayMs", "25h", "at most 24h"],
  ["readers", "0", "a whole number from 1 to 9"],
  ["readers", "10", "a whole number from 1 to 9"],
  ["readers", "-1", "a whole number from 1 to 9"],
  ["readers", "2.5", "a whole number from 1 to 9"],
  ["readers", "many", "a whole number from 1 to 9"],
  ["readers", "", "a whole number from 1 to 9"],
  ["abandon", "stop", "finish or end"],
];

for (const [name, text, expected] of REFUSED) {
  const { flag } = field(name);
  Deno.test(`--${flag} '${text}' is refused: expected ${expected}`, () => {
    const error = assertThrows(
      () => parseParam(schema, field(name), text),
      UsageError,
      `received '${text}', expected ${expected}`,
    );
    assertEquals(error.message.startsWith(`--${flag}: `), true);
  });
}

Deno.test("pacing divides paced durations and nothing else", () => {
  const nominal = { delayMs: 5_000, idleMs: 10_000, readers: 3, abandon: "finish" };
  assertEquals(paceParams(schema, nominal, 20), { ...nominal, delayMs: 250 });
});

Deno.test("pacing up and down again gives the nominal values", () => {
  fc.assert(fc.property(fc.nat(86_400_000), fc.integer({ min: 1, max: 1_000 }), (ms, speed) => {
    const nominal = { delayMs: ms, readers: 3 };
    const back = paceParams(schema, paceParams(schema, nominal, speed), 1 / speed);
    assertEquals(Math.round(Number(back.delayMs)), ms);
    assertEquals(back.readers, 3);
  }));
});

Deno.test("values and placeholders read as people write them", () => {
  assertEquals(formatParam(field("delayMs"), 60_000), "60 s");
  assertEquals(formatParam(field("readers"), 3), "3");
  assertEquals(formatParam(field("abandon"), "end"), "end");
  assertEquals(paramFields(schema).map(placeholderOf), [
    "DURATION",
    "DURATION",
    "N",
    "finish|end",
  ]);
});

Deno.test("a switch is off, takes no value, and is on once its flag is given", () => {
  const schema = z.object({
    loud: switchParam({ flag: "loud", description: "Whether to shout." }),
  });
  const [field] = paramFields(schema);
  assertEquals([field?.default, field?.unit], [false, "switch"]);
  assertEquals(field && placeholderOf(field), "");
  assertEquals(field && parseParam(schema, field, ""), true);
  assertThrows(() => schema.parse({ loud: "yes" }));
});

Deno.test("a duration that must outlast something of the target says so", () => {
  const schema = z.object({
    idleMs: durationParam({
      ...{ flag: "idle", description: "", defaultMs: 45_000, bareUnit: "s" },
      outlasts: "eviction",
    }),
    waitMs: durationParam({ flag: "wait", description: "", defaultMs: 5_000, bareUnit: "s" }),
  });
  assertEquals(paramFields(schema).map(({ outlasts }) => outlasts), ["eviction", undefined]);
});
