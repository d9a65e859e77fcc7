// The WebSocket library, in a module of its own: it reads the environment as it loads.

// @ts-types="./web_socket_library.d.ts"
export { WebSocket } from "ws";
