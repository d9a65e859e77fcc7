// A missing Deno permission, said in one line with the flag that grants it.

/**
 * The line for an error that came of a missing permission, wherever in its chain of causes that is;
 * undefined for any other error.
 *
 * @example
 * ```ts
 * import { missingPermission } from "./permission.ts";
 *
 * const error = new Deno.errors.NotCapable(
 *   'Requires net access to "10.0.0.1:80", run again with the --allow-net flag',
 * );
 * console.log(missingPermission(error));
 * // Missing permission: net access to '10.0.0.1:80'; run with --allow-net=10.0.0.1:80, or as deno task start
 * ```
 */
export function missingPermission(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!(cause instanceof Deno.errors.NotCapable)) continue;
    const match = /Requires (\w+) access(?: to "?([^"]+?)"?)?, .*(--allow-\w+)/.exec(cause.message);
    const [, kind, to, flag] = match ?? [];
    if (flag === undefined) return `Missing permission: ${cause.message.split("\n", 1)[0]}`;
    return to === undefined || kind === "all"
      ? `Missing permission: ${kind} access; run with ${flag}`
      : `Missing permission: ${kind} access to '${to}'; run with ${flag}=${to}, or as deno task start`;
  }
  return undefined;
}
