// The last minute as lanes, one above the other: the requests of this page, and the object's places.

const SVG = "http://www.w3.org/2000/svg";
/** In pixels: a lane has its words above its bar. */
const LANE = 42, BAR_TOP = 20, BAR = 14, AXIS = 22;
/** How long the time shown is, at least and at most, in milliseconds. */
const LEAST_MS = 15_000, MOST_MS = 60_000;

function shape(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

/** How wide a place is at least, in hundredths of the whole; 0.7 where nothing is said. */
const LEAST_SHARE = { idle: 0, woken: 1 };

/** What a request looks like; each has a form of its own beside its colour. */
const MARKS = {
  waiting: { d: "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0", class: "mark-waiting" },
  answered: { d: "M-4 0l3 3.5 5.5-7", class: "mark-answered" },
  lost: { d: "M-4-4l8 8M4-4l-8 8", class: "mark-lost" },
};

/**
 * Draws the lanes anew. Horizontal places are percentages, so that words keep their size on a narrow
 * screen.
 *
 * @param {Element} place What holds the drawing.
 * @param {object} seen All times on the page's clock.
 * @param {number} seen.beganMs When the connection was begun: second 0.
 * @param {number} seen.nowMs The right edge.
 * @param {readonly { sentMs: number, state: string }[]} seen.exchanges The requests.
 * @param {{ title: string, parts: { state: string, fromMs: number }[] } | undefined} seen.object The
 * object's places, where its host tells them.
 */
export function drawLanes(place, { beganMs, nowMs, exchanges, object }) {
  const startMs = Math.max(beganMs, nowMs - MOST_MS);
  const lengthMs = Math.max(LEAST_MS, nowMs - startMs);
  const share = (ms) => Math.min(100, Math.max(0, (ms - startMs) / lengthMs * 100));
  const bottom = (object === undefined ? 1 : 2) * LANE;
  const svg = shape("svg", { width: "100%", height: bottom + AXIS });
  const lane = (index, title) => {
    const y = index * LANE + BAR_TOP;
    svg.append(shape("text", { x: 0, y: y - 6 }, title));
    svg.append(shape("rect", { class: "rail", x: 0, width: "100%", y, height: BAR, rx: 3 }));
    return y;
  };
  const y = lane(0, "Your requests");
  for (const { sentMs, state } of exchanges) {
    if (sentMs < startMs) continue;
    const mark = MARKS[state === "cut" ? "lost" : state] ?? MARKS.answered;
    const spot = shape("svg", { x: `${share(sentMs)}%`, y: y + BAR / 2, overflow: "visible" });
    spot.append(shape("path", mark));
    svg.append(spot);
  }
  if (object !== undefined) drawParts(svg, object.parts, lane(1, object.title), share, nowMs);
  svg.append(shape("line", { class: "axis", x1: 0, x2: "100%", y1: bottom, y2: bottom }));
  const tick = lengthMs > 30_000 ? 10_000 : 5_000;
  const first = Math.ceil((startMs - beganMs) / tick) * tick;
  for (let ms = first; beganMs + ms <= startMs + lengthMs * 0.96; ms += tick) {
    const at = share(beganMs + ms), x = `${at}%`;
    svg.append(shape("line", { class: "axis", x1: x, x2: x, y1: bottom, y2: bottom + 5 }));
    const anchor = at < 3 ? "start" : "middle";
    svg.append(
      shape("text", { class: "tick", x, y: bottom + 18, "text-anchor": anchor }, `${ms / 1_000} s`),
    );
  }
  place.replaceChildren(svg);
}

/**
 * Each part lasts until the next. What was over in no time is drawn all the same, and a waking over all
 * others, because that is what one looks for.
 */
function drawParts(svg, parts, y, share, nowMs) {
  const bars = parts.flatMap(({ state, fromMs }, index) => {
    const from = share(fromMs), to = share(parts[index + 1]?.fromMs ?? nowMs);
    if (to <= 0) return [];
    const width = Math.min(100 - from, Math.max(LEAST_SHARE[state] ?? 0.7, to - from));
    return [shape("rect", { class: state, x: `${from}%`, width: `${width}%`, y, height: BAR })];
  });
  const isWoken = (bar) => bar.getAttribute("class") === "woken";
  svg.append(...bars.filter((bar) => !isWoken(bar)), ...bars.filter(isWoken));
}
