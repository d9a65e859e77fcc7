// The result that the site draws: of the release's own `repro`, kept in the repository.

// As text, not as a JSON module: it is checked on reading, and the compiler need not type each run.
import text from "../docs/results/repro.json" with { type: "text" };
import { parseResult, type Result } from "../lab/result.ts";

/**
 * Reads the saved result, which `deno task results` writes anew.
 *
 * @throws {UsageError} when the file is not a result of this schema version.
 */
export function savedResult(): Result {
  return parseResult(text, "docs/results/repro.json");
}
