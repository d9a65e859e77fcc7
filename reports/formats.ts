// The list of report formats.

import type { Format } from "./format.ts";
import { json } from "./json.ts";
import { junit } from "./junit.ts";
import { markdown } from "./markdown.ts";
import { matrix } from "./matrix.ts";
import { matrixPage } from "./matrix_page.ts";
import { ndjson } from "./ndjson.ts";
import { pretty } from "./pretty.ts";
import { tap } from "./tap.ts";
import { vendor } from "./vendor.ts";

/** Every format by its name, in the order in which help texts list them. */
export const FORMATS: ReadonlyMap<string, Format> = new Map(
  [pretty, json, ndjson, junit, tap, markdown, vendor, matrix, matrixPage].map((
    format,
  ) => [format.name, format]),
);
