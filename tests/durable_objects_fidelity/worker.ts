// The Worker that both runtimes run: takes an experiment by its name and gives what came of it.

import { type Bindings, notesOf } from "./bench.ts";
import { rows } from "./lab.ts";
import { outcomeOf } from "./outcome.ts";
import { stubRows } from "./stub_rows.ts";

export { Bare, Broken, Lab, Mute, Old } from "./lab.ts";

/** Which experiments there are, by kind. */
function list(): Record<string, string[]> {
  const kinds = Object.entries({ ...rows, stub: stubRows });
  return Object.fromEntries(kinds.map(([kind, of]) => [kind, Object.keys(of)]));
}

async function experiment(url: URL, env: Bindings): Promise<unknown> {
  const kind = url.searchParams.get("kind") ?? "";
  const row = url.searchParams.get("row") ?? "";
  const name = `${kind}: ${row}`;
  if (kind === "stub") return await outcomeOf(() => stubRows[row]?.(env, name));
  return await (await env.LAB.getByName(name).fetch(url)).json();
}

const handler = {
  async fetch(request: Request, env: Bindings): Promise<Response> {
    const url = new URL(request.url);
    const name = url.searchParams.get("object") ?? "";
    if (url.pathname === "/list") return Response.json(list());
    if (url.pathname === "/row") return Response.json(await experiment(url, env));
    if (url.pathname === "/notes") return Response.json(notesOf(name));
    const bare = name.startsWith("bare");
    return await (bare ? env.BARE : env.LAB).getByName(name).fetch(request);
  },
};

export default handler;
