// The web client in a real browser: what one sees of answers that arrive and of answers that do not.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Look, testInBrowser } from "./in_browser.ts";
import { contrast, uniqueIds, visibleTexts } from "./page_checks.ts";
import { connect, counts, lit, openClient, row, say, startEcho, steps } from "./ws_page.ts";
import { SeedServer } from "./ws_page_stub.ts";

const looks: Look[] = [];
const inBrowser = (name: string, look: Look["look"]) => void looks.push({ name, look });
const aloneInBrowser = (name: string, look: Look["look"]) =>
  void looks.push({ name, look, alone: true });

/** Where screenshots go, when there are to be any: `docs/images`, to draw them anew. */
const IMAGES = Deno.env.get("EDGE_REPRO_SCREENSHOTS");

inBrowser(
  "ws page, fix: each message stands in one row with its answer, and the heart is acknowledged",
  async (browser) => {
    await using echo = await startEcho({ basePath: "/ws-hibernation" });
    await using page = await openClient(browser, `${echo.url}?object=a`);
    await connect(page);
    await page.locator('#heart[data-state="acked"]').waitFor();
    assertMatch(await page.locator("#heart-text").innerText(), /^Ack after \d+ ms$/);
    await say(page, "hello");
    assertMatch(await row(page, "message", "answered"), /^hello echo “hello” \d+ ms$/);
    await page.click("#ping");
    await row(page, "ping", "answered");
    await page.locator('#verdict[data-kind="answered"]').getByText("All 3 answered.").waitFor();
    assertEquals(await counts(page), ["3", "3", "4", "4"]);
    assertEquals(await page.locator("#unanswered").innerText(), "0");
    await page.click("#burst");
    assertMatch(await row(page, "burst", "answered"), /^Burst of 100 100 answered in order/);
    assertMatch(await page.inputValue("#url"), /\/ws-hibernation\/websocket\?object=a$/);
    // Another connection is counted anew: a heartbeat is sent, and a welcome and an answer come.
    await connect(page);
    await page.locator('#object-sent:text-is("2")').waitFor();
    assertEquals(await counts(page), ["1", "1", "2", "2"]);
    await page.check("#plain");
    assertMatch(await page.inputValue("#url"), /\/ws-hibernation\/websocket\/plain\?object=a$/);
    await connect(page);
    await page.getByText("plainly, with accept()").first().waitFor();
    await page.getByText("it cannot hibernate").waitFor();
    await page.locator("#blockers").getByText("accepted without hibernation").waitFor();
  },
);

inBrowser(
  "ws page, bug: the object hears and answers, and every answer is lost",
  async (browser) => {
    await using echo = await startEcho({ variant: "bug" });
    await using page = await openClient(browser, `${echo.url}?lost=0.5&heartbeat=0.8`);
    await connect(page);
    await page.locator('#heart[data-state="missing"]').waitFor();
    await page.fill("#heartbeat-every", "0");
    await say(page, "hello");
    assertMatch(await row(page, "message", "lost"), /^hello lost: no answer within 500 ms –$/);
    await page.locator('#verdict[data-kind="lost"]').waitFor();
    const heartbeats = await page.locator('#talk tr[data-kind="heartbeat"]').count();
    const sent = heartbeats + 1;
    await page.locator("#unanswered").getByText(String(sent), { exact: true }).waitFor();
    assertEquals(await counts(page), [`${sent}`, `${sent}`, `${sent + 1}`, "1"]);
    assertMatch(
      await page.locator("#verdict").innerText(),
      new RegExp(`heard and answered: 1 of the ${sent + 1} it sent reached you`),
    );
    // What the runtime answers itself is not of the object, and arrives.
    await page.click("#auto");
    await row(page, "auto_ping", "answered");
    assertEquals((await counts(page)).slice(1, 3), [`${sent}`, `${sent + 1}`]);
  },
);

inBrowser(
  "ws page: the picture goes through every place in the order of the host's events",
  async (browser) => {
    await using echo = await startEcho({ hibernateAfterMs: 1_500 });
    await using page = await openClient(browser, `${echo.url}?heartbeat=0`);
    await connect(page);
    const last = (state: string) =>
      page.locator(`#steps li[data-state="${state}"]:last-child`).waitFor();
    await last("idle");
    await page.getByText("Evicted in").waitFor();
    await last("hibernated");
    await page.getByText("Asleep.").waitFor();
    assertEquals(await page.locator('[aria-current="step"] b').allInnerTexts(), ["Hibernated"]);
    await say(page, "wake up");
    assertMatch(await row(page, "message", "answered"), /new instance/);
    await last("idle");
    const expected = [
      "running 1",
      "idle 1",
      "hibernated 1",
      "woken 2",
      "running 2",
      "idle 2",
    ];
    assertEquals(await steps(page), expected);
    const places = (await lit(page)).filter((place) => place !== "none");
    assertEquals(places, expected.map((step) => step.split(" ")[0]));
    assertEquals(await page.locator("#incarnation").innerText(), "2");
    assertEquals(await page.locator("#evictions").innerText(), "1");
  },
);

aloneInBrowser(
  "ws page: closed with code and reason, what waited is cut off, and it connects again by itself",
  async (browser) => {
    const times = { heartbeatTimeoutMs: 2_000, cleanupIntervalMs: 500 };
    await using echo = await startEcho({ variant: "bug", ...times });
    await using page = await openClient(browser, `${echo.url}?heartbeat=0&lost=600`);
    await page.check("#again");
    await connect(page);
    await say(page, "hello");
    await row(page, "message", "waiting");
    await page.locator('#status[data-phase="closed"]').waitFor();
    assertMatch(
      await page.locator("#status").innerText(),
      /^Closed with code 4408: no heartbeat\. Connecting again soon\.$/,
    );
    await row(page, "message", "cut");
    await page.locator('#status[data-phase="open"]').waitFor();
    assertEquals(await page.locator('#talk tr[data-kind="connect"]').count(), 2);
    await page.uncheck("#again");
    await page.click("#disconnect");
    await page.getByRole("status").getByText("Closed with code 1000").first().waitFor();
    await page.focus("#ping");
    await page.keyboard.press("Enter");
    await page.getByText("Not now: nothing is connected.").waitFor();
  },
);

inBrowser(
  "ws page: complete at a server that tells nothing and speaks the report's messages alone",
  async (browser) => {
    await using server = new SeedServer();
    const page = await openClient(browser, `${server.url}?object=a`);
    await connect(page);
    await say(page, "hello");
    await row(page, "message", "answered");
    await page.click("#ping");
    await row(page, "ping", "answered");
    server.push("unasked");
    assertMatch(await row(page, "notice", "unasked"), /push: unasked/);
    assertEquals(await page.locator("#life").isVisible(), false);
    await page.getByText("A host of this lab tells here").waitFor();
    assertEquals((await counts(page)).slice(1, 3), ["–", "–"]);
    assertEquals(await page.locator("#hold").getAttribute("aria-disabled"), "true");
    await page.getByText("Quiet for").waitFor();
    assert(server.asked.includes("/websocket?object=a"), server.asked.join());
    // A browser itself logs that there is no such path; it is the only thing that goes wrong.
    assertEquals(page.problems.splice(0).filter((line) => !line.includes("404")), []);
    await page[Symbol.asyncDispose]();
  },
);

for (const variant of ["bug", "fix"] as const) {
  inBrowser(`ws page, ${variant}: what is sent to an object that sleeps`, async (browser) => {
    await using echo = await startEcho({ variant, hibernateAfterMs: 1_500 });
    const lost = variant === "bug" ? 1 : 5;
    await using page = await openClient(browser, `${echo.url}?object=demo&lost=${lost}`);
    await connect(page);
    await say(page, "hello");
    await page.click("#ping");
    await page.click("#idle");
    assertEquals(await page.locator("#idle").getAttribute("aria-pressed"), "true");
    await page.locator('#steps li[data-state="hibernated"]').waitFor();
    if (IMAGES !== undefined) await page.waitForTimeout(1_500);
    await say(page, "are you awake?");
    await page.locator('#steps li[data-state="woken"]').waitFor();
    await page.locator('#idle[aria-pressed="false"]').waitFor();
    await page.click("#burst");
    const outcome = variant === "bug" ? "lost" : "answered";
    const words = await row(page, "burst", outcome);
    assertMatch(words, variant === "bug" ? /0 answered, 100 lost/ : /100 answered in order/);
    await page.locator(`#verdict[data-kind="${outcome}"]`).waitFor();
    assertEquals(await counts(page), ["104", "104", "105", variant === "bug" ? "1" : "105"]);
    assertEquals(await page.locator("#unanswered").innerText(), variant === "bug" ? "104" : "0");
    assertEquals(await page.locator(".tag").count(), variant === "bug" ? 0 : 1);
    if (IMAGES !== undefined) {
      await page.locator('#steps li[data-state="hibernated"]:last-child').waitFor();
      await page.locator("#steps-box").evaluate((box) => {
        const woken = box.querySelector('[data-state="woken"]');
        box.scrollTop += woken.getBoundingClientRect().top - box.getBoundingClientRect().top - 70;
      });
      await page.screenshot({ path: `${IMAGES}/ws-hibernation-${variant}.png` });
    }
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  inBrowser(
    `ws page, accessible in the ${colorScheme} scheme: contrast, names, landmarks, 320 pixels`,
    async (browser) => {
      await using echo = await startEcho({ variant: "bug", hibernateAfterMs: 500 });
      const viewport = { width: 320, height: 800 };
      const url = `${echo.url}?lost=1&object=${"o".repeat(60)}`;
      await using page = await openClient(browser, url, { colorScheme, viewport });
      const look = async () => {
        const texts = await page.evaluate(visibleTexts);
        assert(texts.length > 20);
        for (const { text, color, ground, large } of texts) {
          const found = contrast(color, ground);
          assert(found >= (large ? 3 : 4.5), `${text}: ${found.toFixed(2)}`);
        }
        assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 320);
      };
      await look();
      await connect(page);
      await say(page, "a".repeat(300));
      await page.click("#burst");
      await row(page, "burst", "lost");
      await page.locator('#steps li[data-state="hibernated"]').waitFor();
      await look();
      await page.click("#hold");
      await page.locator("#blockers").getByText("setInterval").waitFor();
      await look();
      for (const role of ["banner", "main", "contentinfo"] as const) {
        assertEquals(await page.getByRole(role).count(), 1, role);
      }
      assertEquals(await page.getByRole("heading", { level: 1 }).count(), 1);
      for (const role of ["button", "textbox", "spinbutton", "radio", "checkbox"] as const) {
        assertEquals(await page.getByRole(role, { name: /^$/ }).count(), 0, role);
      }
      assertEquals(await page.locator("[id]").evaluateAll(uniqueIds), true);
    },
  );
}

aloneInBrowser(
  "ws page: keyboard alone connects and speaks, and nothing jumps meanwhile",
  async (browser) => {
    await using echo = await startEcho({ variant: "bug" });
    await using page = await openClient(browser, `${echo.url}?heartbeat=0&lost=1`);
    const focused = () => page.evaluate("document.activeElement.id");
    const topOf = async () => (await page.locator("#talk-box").boundingBox())?.y;
    await page.keyboard.press("Tab");
    assertEquals(await page.evaluate("document.activeElement.className"), "skip");
    await page.keyboard.press("Tab");
    assertEquals(await focused(), "url");
    const outline = "getComputedStyle(document.activeElement).outlineStyle";
    assertEquals(await page.evaluate(outline), "solid");
    const top = await topOf();
    await page.keyboard.press("Enter");
    await row(page, "connect", "answered");
    await page.locator("#content").focus();
    await page.keyboard.type("hello");
    await page.keyboard.press("Enter");
    await row(page, "message", "lost");
    assertEquals(await focused(), "content");
    await page.locator('#verdict[data-kind="lost"]').waitFor();
    assertEquals(await topOf(), top);
  },
);

inBrowser(
  "ws page: a hint without scripts; and a URL that is none is refused in words",
  async (browser) => {
    await using echo = await startEcho();
    await using bare = await openClient(browser, echo.url, { javaScriptEnabled: false });
    assert(await bare.locator("noscript p", { hasText: "needs its script" }).isVisible());
    await using page = await openClient(browser, echo.url);
    await page.fill("#url", "http://127.0.0.1/");
    await page.click("#connect");
    await page.getByText("expected a URL that begins with ws:// or wss://").waitFor();
    assertEquals(await page.locator("#status").getAttribute("data-phase"), "none");
  },
);

await testInBrowser("the web client of the WebSocket server", looks);
