// Writes the JSON Schema of a result to docs/result.schema.json, from the source of its types:
// `deno run --allow-write=docs lab/write_schema.ts`.

import { resultJsonSchema } from "./result.ts";

/** Where the JSON Schema of a result is kept. */
export const SCHEMA_FILE: URL = new URL("../docs/result.schema.json", import.meta.url);

/** The text of that file. */
export function schemaFileText(): string {
  return JSON.stringify(resultJsonSchema(), null, 2) + "\n";
}

if (import.meta.main) await Deno.writeTextFile(SCHEMA_FILE, schemaFileText());
