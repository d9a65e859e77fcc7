// Tests of the browser as a client: what the server sees of it, what is left of it, what it needs.

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { realClock as clock } from "../lab/clock.ts";
import { listen } from "../servers/listen.ts";
import { browserAvailability, launchBrowser, ownBrowser } from "./browser.ts";

const available = await browserAvailability();
const ignore = !available.available;
const OPTIONS = { clock, insecure: false, headers: { "x-run": "7" } };

/** A temporary folder of its own for whatever is started meanwhile: what is left in it shows. */
async function ownTemporaryFolder() {
  const before = Deno.env.get("TMPDIR");
  const folder = await Deno.makeTempDir();
  Deno.env.set("TMPDIR", folder);
  return {
    left: () => [...Deno.readDirSync(folder)].map(({ name }) => name),
    async [Symbol.asyncDispose]() {
      if (before === undefined) Deno.env.delete("TMPDIR");
      else Deno.env.set("TMPDIR", before);
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A server whose one document is not answered before the test says so. */
async function startSlow() {
  const asked = Promise.withResolvers<Request>();
  const left = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  const listening = await listen({
    fetch(request) {
      request.signal.addEventListener("abort", () => left.resolve());
      asked.resolve(request);
      return Promise.race([answer.promise, left.promise.then(() => new Response(null))]);
    },
  });
  return { ...listening, asked: asked.promise, left: left.promise, answer: answer.resolve };
}

Deno.test({
  name: "launchBrowser: a page that goes away cancels its document, and nothing is left",
  ignore,
  async fn() {
    await using temporary = await ownTemporaryFolder();
    await using server = await startSlow();
    {
      await using browser = await launchBrowser(OPTIONS);
      assert(temporary.left().length > 0);
      const visit = browser.visit(`${server.url}/slow`);
      const request = await server.asked;
      assertEquals(request.headers.get("x-run"), "7");
      assertEquals(request.headers.get("sec-fetch-mode"), "navigate");
      assertEquals([visit.answered, visit.failure], [false, undefined]);
      await browser.leave();
      await server.left;
      assertEquals(visit.answered, false);
    }
    assertEquals(temporary.left(), []);
  },
});

Deno.test({
  name: "launchBrowser: a visit tells that it was answered, or why it was not",
  ignore,
  async fn() {
    await using server = await startSlow();
    await using browser = await launchBrowser(OPTIONS);
    const visit = browser.visit(server.url);
    server.answer(new Response("here"));
    while (!visit.answered) await clock.sleep(5);
    const nowhere = browser.visit("http://127.0.0.1:1");
    while (nowhere.failure === undefined) await clock.sleep(5);
    assertMatch(nowhere.failure, /ERR_UNSAFE_PORT/);
    assert(!nowhere.failure.includes("\n"));
  },
});

Deno.test({
  name: "ownBrowser: a scope that is closed while the browser starts leaves nothing of it",
  ignore,
  async fn() {
    await using temporary = await ownTemporaryFolder();
    const scope = new AsyncDisposableStack();
    const starting = ownBrowser(scope, OPTIONS);
    await scope.disposeAsync();
    assertEquals(temporary.left(), []);
    await assertRejects(() => starting.then((browser) => browser.leave()));
    assertThrows(() => ownBrowser(scope, OPTIONS), ReferenceError);
  },
});

Deno.test("browserAvailability: without permissions it asks nobody, and names the flags", async () => {
  const program = `import { browserAvailability } from ${
    JSON.stringify(import.meta.resolve("./browser.ts"))
  };
console.log(JSON.stringify(await browserAvailability()));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-check"],
      ...["--config", new URL("../deno.json", import.meta.url).pathname],
      `data:application/typescript,${encodeURIComponent(program)}`,
    ],
    stdin: "null",
    stderr: "inherit",
  }).output();
  const { available, reason } = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(available, false);
  assertMatch(reason, /^needs permission .* --allow-run=\S+ .*--allow-write=\S+ --allow-env/);
});
