// Reads a saved result, whichever of our two machine formats it was saved in.

import { parseResult, type Result } from "../lab/result.ts";
import { resultFromNdjson } from "./ndjson.ts";

/**
 * Reads a result that was saved with `--format json` or `--format ndjson`.
 *
 * @param text The file's text.
 * @param source Where it came from, for the message.
 * @throws {UsageError} when it is neither, is damaged, or is of another schema version.
 */
export function readResult(text: string, source: string): Result {
  return isStartEvent(text.split("\n", 1)[0] ?? "")
    ? resultFromNdjson(text, source)
    : parseResult(text, source);
}

function isStartEvent(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "type" in value && value.type === "start";
  } catch {
    return false;
  }
}
