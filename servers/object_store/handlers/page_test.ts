// Tests of one page of a list.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { compareUtf8, SortedKeys } from "../sorted_keys.ts";
import type { ListFrom } from "../storage.ts";
import { entryName, listPage, type PageQuery } from "./page.ts";

/** Names as a store gives them, and how many it was asked for. */
function sourceOf(names: readonly string[]) {
  const sorted = new SortedKeys();
  for (const name of names) sorted.add(name);
  let given = 0;
  function* source({ prefix = "", after = "", from = "" }: ListFrom) {
    for (const name of sorted.from([prefix, after, from].sort(compareUtf8).at(-1) ?? "")) {
      if (!name.startsWith(prefix)) return;
      if (name === after && after !== "") continue;
      given++;
      yield [name, name.length] as const;
    }
  }
  return { source, given: () => given };
}

/** All entries, found without any care for what it costs. */
function naive(names: readonly string[], { prefix, delimiter, after }: PageQuery): string[] {
  const found = new Set<string>();
  for (const name of names.filter((one) => one.startsWith(prefix))) {
    const at = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length);
    found.add(at < 0 ? `=${name}` : `/${name.slice(0, at + delimiter.length)}`);
  }
  return [...found].filter((one) => after === undefined || compareUtf8(one.slice(1), after) > 0)
    .sort((a, b) => compareUtf8(a.slice(1), b.slice(1)));
}

/** All entries, page by page. */
function paged(names: readonly string[], query: PageQuery): string[] {
  const { source } = sourceOf(names);
  const found: string[] = [];
  let { after } = query;
  while (true) {
    const { items, commonPrefixes, next } = listPage(source, { ...query, after });
    const page = [...items.map(({ name }) => `=${name}`), ...commonPrefixes.map((one) => `/${one}`)]
      .sort((a, b) => compareUtf8(a.slice(1), b.slice(1)));
    assert(page.length <= query.max);
    found.push(...page);
    if (next === undefined) return found;
    assertEquals(page.length, query.max);
    assertEquals(entryName(next), page.at(-1)?.slice(1));
    after = entryName(next);
  }
}

/** Short texts of few characters, so that many share prefixes and have the delimiter. */
const text = (minLength: number) =>
  fc.string({
    unit: fc.constantFrom(
      "a",
      "b",
      "/",
      "//",
      "\u00e4",
      "\ud7ff",
      "\ue000",
      "\uffff",
      "\u{10ffff}",
    ),
    minLength,
    maxLength: 5,
  });

Deno.test("pages: all of them together are what a naive list has", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(text(1), { maxLength: 40 }),
      text(0),
      fc.oneof(fc.constantFrom("", "/", "//", "a", "\ud7ff", "\u{10ffff}"), text(0)),
      fc.option(text(1), { nil: undefined }),
      fc.integer({ min: 1, max: 7 }),
      (names, prefix, delimiter, after, max) => {
        const query = { prefix, delimiter, after, max };
        assertEquals(paged(names, query), naive(names, query));
      },
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("pages: what is rolled up costs a look-up a group, not one a name", () => {
  const names = Array.from({ length: 5_000 }, (_, i) => `${i % 5}/${i}`);
  const { source, given } = sourceOf([...names, "z"]);
  const page = listPage(source, { prefix: "", delimiter: "/", after: undefined, max: 1_000 });
  assertEquals(page.commonPrefixes, ["0/", "1/", "2/", "3/", "4/"]);
  assertEquals(page.items.map(({ name }) => name), ["z"]);
  assertEquals(given(), 6);
});

Deno.test("pages: one that begins within a group skips the group", () => {
  const { source, given } = sourceOf(["a/1", "a/2", "a/3", "b"]);
  const page = listPage(source, { prefix: "", delimiter: "/", after: "a/1", max: 10 });
  assertEquals([page.commonPrefixes.length, page.items.map(({ name }) => name)], [0, ["b"]]);
  assertEquals(given(), 1);
});

Deno.test("pages: one of no entries has none and is the last", () => {
  const { source } = sourceOf(["a"]);
  const page = listPage(source, { prefix: "", delimiter: "", after: undefined, max: 0 });
  assertEquals(page, { items: [], commonPrefixes: [], next: undefined });
});
