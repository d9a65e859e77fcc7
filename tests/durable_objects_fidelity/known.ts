// In what our host and workerd are known to differ, and the experiments that show it.

import type { Difference } from "./compare.ts";

/** What an object notes of a clean close. */
const closed = (code: number, reason: string): string =>
  `[${JSON.stringify(`close [${code}, "${reason}", true], state 2, 1 sockets`)}]`;

/** All of them. Why each is as it is stands in docs/fidelity.md, under the same words. */
export const DIFFERENCES: readonly Difference[] = [
  {
    what: "Deno's WebSocket answers a client's close by itself",
    seen: {
      "client closes, what it hears: 1000": [
        '[["close 1000 \\"bye\\"", "end"], ["close [1000, \\"bye\\", true], state 2, 1 sockets"]]',
        '[["text \\"still heard\\"", "close 4001 \\"mine\\"", "end"], ["close [1000, \\"bye\\", true], state 2, 1 sockets"]]',
      ],
      "client closes, the object answers later": [
        '[["close 1000 \\"bye\\"", "end"], ["close [1000, \\"bye\\", true], state 2, 1 sockets"]]',
        '[["close 1000 \\"late\\"", "end"], ["close [1000, \\"bye\\", true], state 2, 1 sockets"]]',
      ],
      "client closes, the object does not answer": [
        '[["close [1000, \\"bye\\", true], state 2, 1 sockets"], ["close 1000 \\"bye\\"", "end"]]',
        '[["close [1000, \\"bye\\", true], state 2, 1 sockets"], ["end"]]',
      ],
      "wake: by a close": [
        '[["2: [3001, \\"bye\\", true] {tag: \\"tag\\"}"], ["close 3001 \\"bye\\"", "end"]]',
        '[["2: [3001, \\"bye\\", true] {tag: \\"tag\\"}"], ["close 1000 \\"ok\\"", "end"]]',
      ],
    },
  },
  {
    what: "close codes that a client may not send",
    seen: {
      ...Object.fromEntries(
        [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map((code) => [
          `client closes: ${code}`,
          [closed(1002, ""), closed(code, "bad")],
        ]),
      ),
      "client closes, what it hears: 5000": [
        '[["close 1002 \\"bye\\"", "end"], ["close [1002, \\"\\", true], state 2, 1 sockets"]]',
        '[["text \\"still heard\\"", "close 4001 \\"mine\\"", "end"], ["close [5000, \\"bye\\", true], state 2, 1 sockets"]]',
      ],
    },
  },
  {
    what: "a client that breaks the protocol gets no close frame",
    seen: {
      "frame: an unknown opcode": [
        '["end", ["error Error: WebSocket protocol error; protocolError.statusCode = 1002; protocolError.description = Unknown opcode, state 2"]]',
        '["close 1002 \\"Unknown opcode 3\\"", ["error Error: WebSocket protocol error; protocolError.statusCode = 1002; protocolError.description = Unknown opcode 3, state 2"]]',
      ],
      "frame: an unknown control opcode": [
        '["end", ["error Error: WebSocket protocol error; protocolError.statusCode = 1002; protocolError.description = Unknown opcode, state 2"]]',
        '["close 1002 \\"Unknown opcode 11\\"", ["error Error: WebSocket protocol error; protocolError.statusCode = 1002; protocolError.description = Unknown opcode 11, state 2"]]',
      ],
      "frame: a reserved bit": [
        '["end", ["error Error: WebSocket protocol error; protocolError.statusCode = 1002; protocolError.description = Received a WebSocket frame whose compression bit was set, but the compression extension was not negotiated for this connection., state 2"]]',
        '["close 1002 \\"Received a WebSocket frame whose compression bit was set, but the compression extension was not negotiated for this connection.\\"", ["error Error: WebSocket protocol error; protocolError.statusCode = 1002; protocolError.description = Received a WebSocket frame whose compression bit was set, but the compression extension was not negotiated for this connection., state 2"]]',
      ],
      "frame: a fragmented ping": [
        '["end", ["error Error: WebSocket protocol error; protocolError.statusCode = 1002; protocolError.description = Received fragmented control frame, state 2"]]',
        '["close 1002 \\"Received fragmented control frame\\"", ["error Error: WebSocket protocol error; protocolError.statusCode = 1002; protocolError.description = Received fragmented control frame, state 2"]]',
      ],
      "frame: a continuation of nothing": [
        '["end", ["error Error: WebSocket protocol error; protocolError.statusCode = 1002; protocolError.description = Unexpected continuation frame, state 2"]]',
        '["close 1002 \\"Unexpected continuation frame\\"", ["error Error: WebSocket protocol error; protocolError.statusCode = 1002; protocolError.description = Unexpected continuation frame, state 2"]]',
      ],
      "frame: a text within a fragmented text": [
        '["end", ["error Error: WebSocket protocol error; protocolError.statusCode = 1002; protocolError.description = Missing continuation frame, state 2"]]',
        '["close 1002 \\"Missing continuation frame\\"", ["error Error: WebSocket protocol error; protocolError.statusCode = 1002; protocolError.description = Missing continuation frame, state 2"]]',
      ],
      "plain socket: a protocol error": [
        '[["end"], ["error"]]',
        '[["close 1002 \\"Unknown opcode 3\\"", "end"], ["error"]]',
      ],
    },
  },
  {
    what: "text that is no UTF-8, pings of more than 125 bytes",
    seen: {
      "frame: text that is no UTF-8": [
        '["end", ["error Error: WebSocket protocol error; protocolError.statusCode = 1007; protocolError.description = Invalid UTF-8, state 2"]]',
        '["text \\"�A\\"", ["close [1006, \\"WebSocket disconnected without sending Close frame.\\", false], state 2, 1 sockets"]]',
      ],
      "client closes: 1000 with a reason that is no text": [
        '["error Error: WebSocket protocol error; protocolError.statusCode = 1007; protocolError.description = Invalid UTF-8, state 2"]',
        '["close [1000, \\"�A\\", true], state 2, 1 sockets"]',
      ],
      "frame: a ping of 126 bytes": [
        '["end", ["error Error: WebSocket protocol error; protocolError.statusCode = 1002; protocolError.description = Ping frame too large, state 2"]]',
        '["pong of 126", ["close [1006, \\"WebSocket disconnected without sending Close frame.\\", false], state 2, 1 sockets"]]',
      ],
    },
  },
  {
    what: "a dropped connection ends with a close frame, 1006",
    seen: {
      "abort(): hibernatable sockets": [
        '[["close 1006 \\"\\"", "end"], 2]',
        '[["end"], 2]',
      ],
      "abort(): plain sockets": [
        '[["close 1006 \\"WebSocket disconnected without sending Close frame.\\"", "end"], 2]',
        '[["end"], 2]',
      ],
      "wake: the constructor throws": [
        '[["close 1006 \\"\\"", "end"], 3]',
        '[["end"], 3]',
      ],
    },
  },
  {
    what: "after the object's close nothing more is heard of the client",
    seen: {
      "object closes, the client never answers": [
        '["close 1000 \\"bye\\"", ["closing: state 2, 1 sockets", "close [1006, \\"WebSocket disconnected without sending Close frame.\\", false], state 3, 1 sockets"]]',
        '["close 1000 \\"bye\\"", ["closing: state 2, 1 sockets", "closing: state 2, 1 sockets"]]',
      ],
    },
  },
  {
    what: "no compression",
    seen: {
      "handshake: compression is offered": [
        '"HTTP/1.1 101 Switching Protocols, none"',
        '"HTTP/1.1 101 Switching Protocols, permessage-deflate"',
      ],
    },
  },
  {
    what: "silent clients are pinged every 15 s",
    seen: {
      "a client that is silent for 16 s": [
        '["ping", "text \\"the last\\""]',
        '["text \\"the last\\""]',
      ],
    },
  },
  {
    what: "what is left of a socket after its end",
    seen: {
      "client closes, what the socket is good for afterwards": [
        '["state 2, 0 sockets", "throws Error: you must call \'acceptWebSocket()\' before attempting to access the tags of a WebSocket.", "null", "undefined", "null", "undefined"]',
        '["state 2, 0 sockets", "[\\"\\"]", "null", "undefined", "null", "undefined"]',
      ],
      "plain socket: the client vanishes": [
        '["close [1006, \\"WebSocket disconnected without sending Close frame.\\", false], state 2"]',
        '["close [1006, \\"WebSocket disconnected without sending Close frame.\\", false], state 1"]',
      ],
      "plain socket: messages and a close": [
        '[["text \\"heard\\"", "text \\"heard\\""], ["close 3000 \\"bye\\"", "end"], ["message \\"x\\", state 1", "message Blob, state 1", "close [3000, \\"bye\\", true], state 3"]]',
        '[["text \\"heard\\"", "text \\"heard\\""], ["close 3000 \\"bye\\"", "end"], ["message \\"x\\", state 1", "message Blob, state 1", "close [3000, \\"bye\\", true], state 3", "error"]]',
      ],
    },
  },
  {
    what: "an event that outlasts its timeout goes on",
    seen: {
      "event timeout": [
        '["text \\"late\\"", ["begun", "went on"]]',
        '["text \\"quick\\"", ["begun"]]',
      ],
    },
  },
  {
    what: "Headers, Request and Blob cannot be kept",
    seen: {
      "attachment: a Request": [
        'throws DOMException DataCloneError (25): Could not serialize object of type "Request". This type does not support serialization.',
        "an object of a class",
      ],
      "attachment: Headers": [
        'throws DOMException DataCloneError (25): Could not serialize object of type "Headers". This type does not support serialization.',
        "an object of a class",
      ],
      "attachment: a Blob": [
        'throws DOMException DataCloneError (25): Could not serialize object of type "Blob". This type does not support serialization.',
        "an object of a class",
      ],
      "put(): Headers": [
        'rejects DOMException DataCloneError (25): Could not serialize object of type "Headers". This type does not support serialization.',
        "resolves undefined",
      ],
    },
  },
  {
    what: "a DOMException is kept as an Error without its message",
    seen: {
      "put(): a DOMException": [
        "resolves Error: ",
        "resolves DOMException AbortError (20): kept",
      ],
    },
  },
  {
    what: "no bookmarks",
    seen: {
      "getCurrentBookmark()": [
        'resolves "undefined"',
        'resolves "string"',
      ],
      "ctx.storage: what it has": [
        '["function", "function", "function", "function", "function", "function", "function", "function", "function", "function", "function", "object", "object", "undefined", "undefined", "undefined"]',
        '["function", "function", "function", "function", "function", "function", "function", "function", "function", "function", "function", "object", "object", "function", "function", "function"]',
      ],
    },
  },
  {
    what: "SQL errors do not say where",
    seen: {
      "sql: selec 1": [
        'throws Error: near "selec": syntax error: SQLITE_ERROR',
        'throws Error: near "selec": syntax error at offset 0: SQLITE_ERROR',
      ],
      "sql: SELECT nope FROM t": [
        "throws Error: no such column: nope: SQLITE_ERROR",
        "throws Error: no such column: nope at offset 7: SQLITE_ERROR",
      ],
      "sql: SELECT sqlite_version()": [
        "throws Error: not authorized to use function: sqlite_version: SQLITE_ERROR",
        "throws Error: not authorized to use function: sqlite_version at offset 7: SQLITE_ERROR",
      ],
      "sql: SELECT 'a\0b' AS x": [
        'throws Error: unrecognized token: "\'a": SQLITE_ERROR',
        'throws Error: unrecognized token: "\'a" at offset 7: SQLITE_ERROR',
      ],
      "sql: 101 variables": [
        "throws Error: too many SQL variables: SQLITE_ERROR",
        "throws Error: too many SQL variables at offset 207: SQLITE_ERROR",
      ],
    },
  },
  {
    what: "SQL cursors read all rows at once",
    seen: {
      "sql: rows written while a cursor is open": [
        '[{done: false, value: {x: "a"}}, [{x: "b"}, {x: "c"}]]',
        '[{done: false, value: {x: "a"}}, [{x: "b"}, {x: "c"}, {x: "d"}]]',
      ],
    },
  },
  {
    what: "rowsWritten without the rows of indexes",
    seen: {
      "sql: rowsRead and rowsWritten of an UPDATE": [
        "[[3, 3], [], 3, 3]",
        "[[3, 6], [], 3, 6]",
      ],
    },
  },
  {
    what: "INSERT OR ROLLBACK",
    seen: {
      "sql: INSERT OR ROLLBACK INTO t(x) VALUES ('a')": [
        "throws Error: UNIQUE constraint failed: t.x: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
        "answers 500 Internal Server Error",
      ],
    },
  },
  {
    what: "one table of the host's own shows",
    seen: {
      "sql: PRAGMA table_list": [
        '[{schema: "main", name: "t", type: "table", ncol: 2, wr: 0, strict: 0}, {schema: "main", name: "_cf_METADATA", type: "table", ncol: 2, wr: 1, strict: 0}, {schema: "main", name: "sqlite_schema", type: "table", ncol: 5, wr: 0, strict: 0}, {schema: "temp", name: "sqlite_temp_schema", type: "table", ncol: 5, wr: 0, strict: 0}]',
        '[{schema: "main", name: "t", type: "table", ncol: 2, wr: 0, strict: 0}, {schema: "main", name: "sqlite_schema", type: "table", ncol: 5, wr: 0, strict: 0}, {schema: "temp", name: "sqlite_temp_schema", type: "table", ncol: 5, wr: 0, strict: 0}]',
      ],
    },
  },
  {
    what: "globals",
    seen: {
      "globals: which of these are there": [
        '["WebSocketPair", "WebSocketRequestResponsePair", "scheduler", "navigator", "caches", "EventSource", "MessageChannel", "setImmediate", "Buffer", "process", "location", "BroadcastChannel", "Temporal", "Deno"]',
        '["WebSocketPair", "WebSocketRequestResponsePair", "scheduler", "navigator", "caches", "HTMLRewriter", "EventSource", "MessageChannel", "setImmediate", "Buffer", "process"]',
      ],
      "globals: caches.default": [
        '"undefined"',
        '"object"',
      ],
    },
  },
  {
    what: "ctx.exports is empty",
    seen: {
      "ctx.exports: the classes of the module": [
        '["undefined", "undefined", "undefined"]',
        '["function", "function", "function"]',
      ],
    },
  },
  {
    what: "fetch() opens no WebSocket",
    seen: {
      "fetch(): a handshake": [
        'resolves [426, "no webSocket"]',
        'resolves [101, "hello"]',
      ],
    },
  },
  {
    what: "values over RPC have no limit of 32 MiB",
    seen: {
      "RPC: 33 MiB": [
        "resolves text of 69206021",
        "rejects Error: Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: 34603028 bytes.",
      ],
    },
  },
  {
    what: "a stub that was handed over RPC keeps its name",
    seen: {
      "RPC: a stub as an argument": [
        'resolves "other"',
        'rejects TypeError: The RPC receiver does not implement the method "name". {durableObjectId, remote: true}',
      ],
    },
  },
];
