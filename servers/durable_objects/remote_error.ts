// What a caller sees of an error that an object threw: the error itself, marked as the runtime marks it.

/** The marks. */
interface Marks {
  /** It was thrown on the other side of a stub. */
  remote?: true;
  /** The object's incarnation ended with it. */
  durableObjectReset?: true;
  /** The id of the object whose method threw it. */
  durableObjectId?: string;
}

/** Marks an error; what was thrown and is no error becomes the message of one. */
export function marked(error: unknown, marks: Marks): Error {
  const whole = error instanceof Error ? error : new Error(String(error));
  return Object.isExtensible(whole) ? Object.assign(whole, marks) : whole;
}

/** The same error as another object: what one caller's is marked with is not on another's. */
export function copied(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof DOMException) return new DOMException(error.message, error.name);
  const copy = Object.setPrototypeOf(new Error(error.message), Object.getPrototypeOf(error));
  const { stack } = error;
  return Object.assign(Object.defineProperty(copy, "stack", { value: stack }), error);
}

/** Whether an object's incarnation ended with this error. */
export function isReset(error: unknown): boolean {
  return (error as Marks | null)?.durableObjectReset === true;
}
