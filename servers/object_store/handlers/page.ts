// One page of a list of names, those with a common prefix rolled up into one entry.

import type { ListFrom } from "../storage.ts";

/** What a page is asked for with. */
export interface PageQuery {
  /** Only names that begin with this. */
  prefix: string;
  /** Names are rolled up to this, where they have it behind the prefix; empty for never. */
  delimiter: string;
  /** Only entries after this, in the order of their UTF-8 bytes. */
  after: string | undefined;
  /** The most entries, rolled-up ones included. */
  max: number;
}

/** One entry: a name with what it is the name of, or what several names have in common. */
export type PageEntry<T> =
  | { readonly name: string; readonly value: T }
  | { readonly commonPrefix: string };

/** One page. */
export interface Page<T> {
  /** Names that stand for themselves. */
  items: readonly { readonly name: string; readonly value: T }[];
  /** What names were rolled up to. */
  commonPrefixes: readonly string[];
  /** The last entry, when there are more. */
  next: PageEntry<T> | undefined;
}

/**
 * Lists one page. Names that are rolled up cost one look-up a group and not one a name. An entry, also
 * a common prefix, is listed when it is itself after `after`: the source is S3's API Reference on
 * ListObjectsV2, "CommonPrefixes is filtered out from results if it is not lexicographically greater
 * than the StartAfter value".
 *
 * @param source Gives names in the order of their UTF-8 bytes, as `Storage.objects` does.
 */
export function listPage<T>(
  source: (from: ListFrom) => Iterable<readonly [name: string, value: T]>,
  query: PageQuery,
): Page<T> {
  const items: { name: string; value: T }[] = [];
  const commonPrefixes: string[] = [];
  let last: PageEntry<T> | undefined;
  if (query.max === 0) return { items, commonPrefixes, next: undefined };
  for (const entry of entries(source, query)) {
    if (items.length + commonPrefixes.length === query.max) {
      return { items, commonPrefixes, next: last };
    }
    if ("name" in entry) items.push(entry);
    else commonPrefixes.push(entry.commonPrefix);
    last = entry;
  }
  return { items, commonPrefixes, next: undefined };
}

/** The name of an entry, which the next page comes after. */
export function entryName(entry: PageEntry<unknown>): string {
  return "name" in entry ? entry.name : entry.commonPrefix;
}

function* entries<T>(
  source: (from: ListFrom) => Iterable<readonly [name: string, value: T]>,
  { prefix, delimiter, after }: PageQuery,
): Generator<PageEntry<T>, void> {
  let from: ListFrom | undefined = { prefix, ...(after !== undefined && { after }) };
  const begun = after?.startsWith(prefix) ? groupOf(after, prefix, delimiter) : undefined;
  if (begun !== undefined) from = behind(begun, prefix);
  while (from !== undefined) {
    let group: string | undefined;
    for (const [name, value] of source(from)) {
      group = groupOf(name, prefix, delimiter);
      if (group !== undefined) break;
      yield { name, value };
    }
    if (group === undefined) return;
    yield { commonPrefix: group };
    from = behind(group, prefix);
  }
}

function groupOf(name: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === "") return undefined;
  const at = name.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : name.slice(0, at + delimiter.length);
}

/** Where to go on behind all names that begin with `group`; undefined where nothing can follow. */
function behind(group: string, prefix: string): ListFrom | undefined {
  const points = [...group];
  while (points.length > 0) {
    const point = points.pop()?.codePointAt(0) ?? 0;
    if (point === 0x10ffff) continue;
    // The code points of surrogates are no characters, and no UTF-8 has them.
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    return { prefix, from: points.join("") + String.fromCodePoint(next) };
  }
  return undefined;
}
