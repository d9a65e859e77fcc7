// Tests of the client's files: all of them are served, and the folder is complete without the rest.

import { assert, assertEquals } from "@std/assert";
import { clientAssets } from "./assets.ts";

const text = (path: string) => Deno.readTextFile(new URL(path, import.meta.url));

Deno.test("clientAssets: every file of the folder, as it is there", async () => {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(new URL(".", import.meta.url))) {
    if (!name.endsWith(".ts") && !name.startsWith(".")) names.push(name);
  }
  assertEquals(
    Object.keys(clientAssets).toSorted(),
    ["/", ...names.map((n) => `/${n}`)].toSorted(),
  );
  for (const name of names) assertEquals(clientAssets[`/${name}`]?.body, await text(name), name);
  assertEquals(clientAssets["/"], clientAssets["/index.html"]);
});

Deno.test("clientAssets: what the files refer to is in the folder, by relative names", () => {
  for (const [path, { body }] of Object.entries(clientAssets)) {
    const references = path.endsWith(".js")
      ? [...body.matchAll(/from "\.(\/[^"]+)"/g)].map(([, file = ""]) => file)
      : [...body.matchAll(/(?:href|src)="([^"#]+)"/g)].map(([, file = ""]) => `/${file}`);
    for (const file of references) assert(file in clientAssets, `${file} in ${path}`);
  }
});

Deno.test("clientAssets: the shared style and icon are those of the other pages", async () => {
  assertEquals(clientAssets["/base.css"]?.body, await text("../../../look/base.css"));
  assertEquals(clientAssets["/favicon.svg"]?.body, await text("../../../look/favicon.svg"));
});
