// What the page is told of the host, the store and the clip: one JSON object, anew at each change.

import type { UnreadPhase } from "./unread_get.ts";

/** A step that the host takes when it is told to. */
export type Step = "upload" | "abandon" | "play" | "close" | "delete" | "story";

/** The clip in the store. */
export interface ClipState {
  /** The object's key. */
  key: string;
  /** Its length, in bytes. */
  sizeBytes: number;
  /** The host of the URL that the video element reads from. */
  urlHost: string;
  /** For how long it has been there, in milliseconds. */
  ageMs: number;
}

/** The GET that the host leaves unread. */
export interface UnreadState {
  /** Counts up: each number is one GET. */
  nth: number;
  /** What has become of it. */
  phase: UnreadPhase;
  /** How long ago it was sent, in milliseconds. */
  askedAgoMs: number;
  /** How long ago the answer's head came; null before. */
  openedAgoMs: number | null;
  /** How long ago it was closed; null before. */
  closedAgoMs: number | null;
}

/** That pages are to play the clip. */
export interface PlayState {
  /** Counts up: each number is one beginning. */
  nth: number;
  /** How long ago, in milliseconds. */
  agoMs: number;
}

/** One read of the clip that is open. */
export interface ReadState {
  /** The region in which it is answered. */
  region: string;
  /** How much of the body the store has handed on, in bytes; null where that is not known. */
  sentBytes: number | null;
  /** How much the body has, in bytes. */
  sizeBytes: number;
  /** For how long it has been open, in milliseconds. */
  ageMs: number;
  /** Whether it is the one that the host leaves unread. */
  unread: boolean;
}

/** The reads of the clip that are open. */
export interface ReadsState {
  /** Who says so: the store's figures, or the host, which knows of its own read only. */
  from: "store" | "host";
  /** How many reads wait for their turn, of all objects; null where that is not known. */
  waiting: number | null;
  /** The reads, oldest first. */
  open: ReadState[];
}

/** All that the page is told. */
export interface HostState {
  /** Where the clip is kept. */
  store: { host: string; bucket: string; region: string };
  /** Whether the host closes the body that it does not read: the seed's fix on the client's side. */
  closeBody: boolean;
  /** What the host is doing; null for nothing. */
  busy: Step | null;
  /** The clip; null where none is in the store. */
  clip: ClipState | null;
  /** The GET that is left unread; null where none was sent for this clip. */
  unread: UnreadState | null;
  /** Whether pages are to play the clip; null before they are told to. */
  play: PlayState | null;
  /** The reads of the clip that are open. */
  reads: ReadsState;
  /** In how many milliseconds the host deletes the clip by itself; null for never. */
  deletesInMs: number | null;
  /** What was done last, and whether it failed. */
  last: { text: string; failed: boolean };
}
