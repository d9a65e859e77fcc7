// @ts-check
// Where the socket is: the parts of its URL that the page's fields set, and what else that host may tell.

/** Paths of the two ways of accepting, after the folder that the page is in. */
const HIBERNATING = "websocket", PLAIN = "websocket/plain";

/**
 * @typedef {object} Address
 * @property {string} object The object's name; empty where the URL names none.
 * @property {boolean} plain Whether the object accepts the socket without hibernation.
 */

/**
 * The URL of the socket beside a page.
 *
 * @param {string} page The page's own URL.
 * @param {Address} address Which object, and how it accepts.
 * @returns {string} With the scheme `ws:` or `wss:`, as the page came.
 */
export function socketUrl(page, address) {
  const url = new URL(".", page);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.pathname += HIBERNATING;
  return withAddress(url.href, address);
}

/**
 * A URL of a socket with another object or another way of accepting. What is no URL, or does not end
 * as ours do, stays as it is.
 *
 * @param {string} text What the field has.
 * @param {Address} address What it is to say.
 * @returns {string} The URL.
 */
export function withAddress(text, { object, plain }) {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  const folder = folderOf(url);
  if (folder === undefined) return text;
  url.pathname = folder + (plain ? PLAIN : HIBERNATING);
  if (object === "") url.searchParams.delete("object");
  else url.searchParams.set("object", object);
  return url.href;
}

/**
 * What a URL of a socket says.
 *
 * @param {string} text What the field has.
 * @returns {Address} Empty and hibernating for what is no URL.
 */
export function addressOf(text) {
  if (!URL.canParse(text)) return { object: "", plain: false };
  const url = new URL(text);
  return {
    object: url.searchParams.get("object") ?? "",
    plain: url.pathname.endsWith(`/${PLAIN}`),
  };
}

/**
 * Why a text is no address of a WebSocket.
 *
 * @param {string} text What the field has.
 * @returns {string | undefined} In words; undefined when it is one.
 */
export function refusalOf(text) {
  if (text === "") {
    return "Cannot connect: received no URL, expected one such as wss://host/websocket";
  }
  if (!URL.canParse(text) || !/^wss?:$/.test(new URL(text).protocol)) {
    return `Cannot connect: received '${text}', expected a URL that begins with ws:// or wss://`;
  }
  return undefined;
}

/**
 * Where a host of ours would tell of the object, or would explain it. Only the page's own host is asked:
 * another one would have to allow that.
 *
 * @param {string} page The page's own URL.
 * @param {string} socket The socket's URL.
 * @param {"events" | "explain"} what Which of the two.
 * @returns {string | undefined} Undefined where there is nobody to ask.
 */
export function tellingUrl(page, socket, what) {
  const url = new URL(socket);
  const folder = folderOf(url);
  if (folder === undefined || url.host !== new URL(page).host) return undefined;
  const told = new URL(folder + what, page);
  const { object, plain } = addressOf(socket);
  told.searchParams.set("object", object || "echo");
  if (plain) told.searchParams.set("accepted", "plain");
  return told.href;
}

/**
 * The path of a socket's URL up to the part that is ours.
 *
 * @param {URL} url The socket's URL.
 * @returns {string | undefined} With a final slash; undefined where the path is not one of ours.
 */
function folderOf({ pathname }) {
  const path = [PLAIN, HIBERNATING].find((own) => pathname.endsWith(`/${own}`));
  return path === undefined ? undefined : pathname.slice(0, -path.length);
}
