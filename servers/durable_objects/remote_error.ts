// What a caller sees of an error that an object threw: the error itself, marked as the runtime marks it.

/** The marks. */
interface Marks {
  /** It was thrown on the other side of a stub. */
  remote?: true;
  /** The object's incarnation ended with it. */
  durableObjectReset?: true;
}

/** Marks an error; what was thrown and is no error becomes the message of one. */
export function marked(error: unknown, marks: Marks): Error {
  const whole = error instanceof Error ? error : new Error(String(error));
  return Object.isExtensible(whole) ? Object.assign(whole, marks) : whole;
}

/** Whether an object's incarnation ended with this error. */
export function isReset(error: unknown): boolean {
  return (error as Marks | null)?.durableObjectReset === true;
}
