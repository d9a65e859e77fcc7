// The steps in words: what each does, and what is said while one of them is under way.

import type { Step } from "./state.ts";

const WORDS: Readonly<Record<Step, { toDo: string; underWay: string }>> = {
  upload: { toDo: "upload the clip", underWay: "the clip is being uploaded" },
  abandon: { toDo: "start the download", underWay: "the download is being started" },
  play: { toDo: "play the video", underWay: "the video is being started" },
  close: { toDo: "close the download", underWay: "the download is being closed" },
  delete: { toDo: "delete the clip", underWay: "the clip is being deleted" },
  story: { toDo: "tell the story", underWay: "the story is being told" },
};

/** What a step does, to follow "Cannot". */
export function toDo(step: Step): string {
  return WORDS[step].toDo;
}

/** Why a step cannot be taken while another, or itself, is under way: a sentence without its full stop. */
export function whyNotNow(step: Step, busy: Step): string {
  const { underWay } = WORDS[busy];
  return step === busy
    ? `${underWay.charAt(0).toUpperCase()}${underWay.slice(1)} already`
    : `Cannot ${toDo(step)} now: ${underWay}`;
}

/** What pages do that are to play the clip: ask for it, whatever the store then answers. */
export function whoPlays(pages: number): string {
  if (pages === 0) return "No page is open; one that is opened now plays the clip";
  return pages === 1 ? "The open page asks for the clip" : `${pages} open pages ask for the clip`;
}
