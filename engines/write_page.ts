// Writes docs/engines.md.

import { engines } from "./engines.ts";
import { enginesPage } from "./page.ts";

await Deno.writeTextFile(new URL("../docs/engines.md", import.meta.url), enginesPage(engines));
