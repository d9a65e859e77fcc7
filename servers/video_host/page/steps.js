// The buttons: what each does, when it may be pressed, and why not.

const STEPS = ["story", "upload", "abandon", "play", "close", "delete"];

const DOING = {
  story: "the story is being told",
  upload: "the clip is being uploaded",
  abandon: "the download is being started",
  play: "the video is being started",
  close: "the download is being closed",
  delete: "the clip is being deleted",
};

/** Why a step cannot be taken now; undefined when it can. */
function obstacle(step, state) {
  if (state === undefined) return "the host cannot be reached";
  const open = state.unread !== null && state.unread.phase !== "closed";
  if (step === "close") return open ? undefined : "none is open";
  if (state.busy !== null) return DOING[state.busy];
  if (step === "story" || step === "upload") return undefined;
  if (state.clip === null) return "there is no clip yet";
  if (step === "abandon" && open) return "one is open already";
  return undefined;
}

/**
 * Makes the buttons work. They stay focusable while they cannot be pressed, and say why.
 *
 * @param {(message: string) => void} onRefused Told why the host did not take a step.
 * @returns {(state: object | undefined) => void} What shows a new state.
 */
export function wireSteps(onRefused) {
  const buttons = STEPS.map((step) => {
    const button = document.getElementById(step);
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-disabled") !== "true") take(step, onRefused);
    });
    return { step, button, why: document.getElementById(`${step}-why`) };
  });
  return (state) => {
    for (const { step, button, why } of buttons) {
      const reason = obstacle(step, state);
      button.setAttribute("aria-disabled", String(reason !== undefined));
      const text = reason === undefined ? "" : `Not now: ${reason}.`;
      if (why.textContent !== text) why.textContent = text;
    }
  };
}

async function take(step, onRefused) {
  try {
    const response = await fetch(`api/${step}`, { method: "POST" });
    const { error } = await response.json();
    if (error !== undefined) onRefused(error);
  } catch {
    onRefused("The host cannot be reached");
  }
}
