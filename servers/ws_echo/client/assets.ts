// The web client's files, as a server answers them; the folder is also what a Worker is deployed with.

import address from "./address.js" with { type: "text" };
import base from "./base.css" with { type: "text" };
import client from "./client.js" with { type: "text" };
import style from "./client.css" with { type: "text" };
import conversation from "./conversation.js" with { type: "text" };
import element from "./element.js" with { type: "text" };
import favicon from "./favicon.svg" with { type: "text" };
import feed from "./feed.js" with { type: "text" };
import fieldsStyle from "./fields.css" with { type: "text" };
import fields from "./fields.js" with { type: "text" };
import heart from "./heart.js" with { type: "text" };
import hint from "./hint.js" with { type: "text" };
import index from "./index.html" with { type: "text" };
import lanes from "./lanes.js" with { type: "text" };
import lifeStyle from "./life.css" with { type: "text" };
import life from "./life.js" with { type: "text" };
import panel from "./panel.js" with { type: "text" };
import picture from "./picture.js" with { type: "text" };
import rows from "./rows.js" with { type: "text" };
import socket from "./socket.js" with { type: "text" };
import stateStyle from "./state.css" with { type: "text" };
import talkStyle from "./talk.css" with { type: "text" };
import verdict from "./verdict.js" with { type: "text" };
import watched from "./watched.js" with { type: "text" };

const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";
const HTML = { type: "text/html; charset=utf-8", body: index };

/**
 * The client's files: by path below where it is mounted, content type and text. The page refers to
 * them without a leading slash: it must be at a URL that ends with one.
 */
export const clientAssets: Readonly<Record<string, { type: string; body: string }>> = {
  "/": HTML,
  "/index.html": HTML,
  "/favicon.svg": { type: "image/svg+xml", body: favicon },
  "/base.css": { type: STYLE, body: base },
  "/client.css": { type: STYLE, body: style },
  "/fields.css": { type: STYLE, body: fieldsStyle },
  "/life.css": { type: STYLE, body: lifeStyle },
  "/state.css": { type: STYLE, body: stateStyle },
  "/talk.css": { type: STYLE, body: talkStyle },
  "/address.js": { type: SCRIPT, body: address },
  "/client.js": { type: SCRIPT, body: client },
  "/conversation.js": { type: SCRIPT, body: conversation },
  "/element.js": { type: SCRIPT, body: element },
  "/feed.js": { type: SCRIPT, body: feed },
  "/fields.js": { type: SCRIPT, body: fields },
  "/heart.js": { type: SCRIPT, body: heart },
  "/hint.js": { type: SCRIPT, body: hint },
  "/lanes.js": { type: SCRIPT, body: lanes },
  "/life.js": { type: SCRIPT, body: life },
  "/panel.js": { type: SCRIPT, body: panel },
  "/picture.js": { type: SCRIPT, body: picture },
  "/rows.js": { type: SCRIPT, body: rows },
  "/socket.js": { type: SCRIPT, body: socket },
  "/verdict.js": { type: SCRIPT, body: verdict },
  "/watched.js": { type: SCRIPT, body: watched },
};

/** What the page may load and reach, as a Content-Security-Policy: its own files, and any WebSocket. */
export const CLIENT_POLICY: Readonly<Record<string, string[]>> = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'", "ws:", "wss:"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};
