// Tests of the steps' words.

import { assertEquals } from "@std/assert";
import { toDo, whoPlays, whyNotNow } from "./step_words.ts";

Deno.test("words: a step that is under way, one that waits for another, and one not taken", () => {
  assertEquals(whyNotNow("story", "story"), "The story is being told already");
  assertEquals(whyNotNow("upload", "story"), "Cannot upload the clip now: the story is being told");
  assertEquals(`Cannot ${toDo("story")}`, "Cannot tell the story");
});

Deno.test("words: what is said of playing is true of none, one and several pages", () => {
  assertEquals([0, 1, 2].map(whoPlays), [
    "No page is open; one that is opened now plays the clip",
    "The open page asks for the clip",
    "2 open pages ask for the clip",
  ]);
});
