// Two bars over time, one above the other: the unread download, and the video that waits or plays.

const SVG = "http://www.w3.org/2000/svg";
/** In pixels: a lane has its words above its bar. */
const LANE = 42, BAR_TOP = 20, BAR = 14, AXIS = 22;
/** How long the time shown is at least, in milliseconds. */
const LEAST_MS = 5_000;

function shape(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

/** The distance between marks of the axis, in milliseconds. */
function tickOf(lengthMs) {
  return [1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 300_000].find((ms) => lengthMs / ms <= 8) ??
    600_000;
}

/**
 * Draws the lanes anew. Horizontal places are percentages, so that words keep their size on a narrow
 * screen.
 *
 * @param {Element} place What holds the drawing.
 * @param {{ title: string, parts: { kind: string, fromMs: number, toMs: number }[] }[]} lanes From
 * top to bottom; a part's kind is its class.
 * @param {number} startMs What stands at the left edge.
 * @param {number} endMs The latest moment that must be seen.
 */
export function drawLanes(place, lanes, startMs, endMs) {
  const lengthMs = Math.max(LEAST_MS, (endMs - startMs) * 1.04);
  const at = (ms) => `${Math.max(0, (ms - startMs) / lengthMs) * 100}%`;
  const bottom = lanes.length * LANE;
  const svg = shape("svg", { width: "100%", height: bottom + AXIS });
  const hatch = shape("pattern", {
    id: "hatch",
    width: 6,
    height: 6,
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  });
  hatch.append(shape("rect", { class: "hatch", width: 3, height: 6 }));
  const definitions = shape("defs", {});
  definitions.append(hatch);
  svg.append(definitions);
  for (const [index, { title, parts }] of lanes.entries()) {
    const y = index * LANE + BAR_TOP;
    svg.append(shape("text", { x: 0, y: y - 6 }, title));
    svg.append(shape("rect", { class: "rail", x: 0, width: "100%", y, height: BAR, rx: 3 }));
    for (const { kind, fromMs, toMs } of parts) {
      const place = {
        x: at(fromMs),
        width: `${Math.max(0.4, (toMs - fromMs) / lengthMs * 100)}%`,
        y,
        height: BAR,
      };
      svg.append(shape("rect", { class: kind, ...place }));
      if (kind === "held") svg.append(shape("rect", { fill: "url(#hatch)", ...place }));
    }
  }
  const tick = tickOf(lengthMs);
  svg.append(shape("line", { class: "axis", x1: 0, x2: "100%", y1: bottom, y2: bottom }));
  for (let ms = 0; ms < lengthMs * 0.97; ms += tick) {
    const x = `${ms / lengthMs * 100}%`;
    svg.append(shape("line", { class: "axis", x1: x, x2: x, y1: bottom, y2: bottom + 5 }));
    const anchor = ms === 0 ? "start" : "middle";
    svg.append(
      shape("text", { class: "tick", x, y: bottom + 18, "text-anchor": anchor }, `${ms / 1_000} s`),
    );
  }
  place.replaceChildren(svg);
}
