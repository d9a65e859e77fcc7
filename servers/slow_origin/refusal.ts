// An answer that says why a request is not served, in one line.

/** A received value as it stands in a message: one line, and not the whole of a long one. */
export function quoted(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  const hex = (character: string) => `\\u{${character.codePointAt(0)?.toString(16)}}`;
  return `'${short.replaceAll(/[^\x20-\x7e…]/gu, hex)}'`;
}

/** A request that is not served. */
export class Refusal extends Error {
  override name = "Refusal";
  /** The status of the answer. */
  readonly status: number;
  /** Headers that the answer carries besides. */
  readonly headers: Record<string, string>;

  /** Makes a refusal whose message is one line: what cannot be done, what came, what is expected. */
  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }

  /** The answer: the message as text, not to be cached. */
  toResponse(): Response {
    return new Response(`${this.message}\n`, {
      status: this.status,
      headers: {
        "content-type": "text/plain; charset=utf-8",
        "cache-control": "no-store",
        ...this.headers,
      },
    });
  }
}
