// What must not be shown, and the net under everything that is: targets echo what they are sent.

const REPLACEMENT = "[secret]";

/**
 * Shorter ones are not looked for in texts: replacing every `1` would destroy a report, and nothing
 * that short is a secret that would hold.
 */
const SHORTEST = 4;

/** The secrets of one command line. */
export class Secrets {
  readonly #values = new Set<string>();

  /** Remembers a secret. */
  add(secret: string): void {
    if (secret.length >= SHORTEST) this.#values.add(secret);
  }

  /** The same value without secrets in any text it holds, object keys excepted. */
  redact<T>(value: T): T {
    return this.#values.size === 0 ? value : this.#deep(value) as T;
  }

  #deep(value: unknown): unknown {
    if (typeof value === "string") return this.#text(value);
    if (Array.isArray(value)) return value.map((item) => this.#deep(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.#deep(item)]),
    );
  }

  #text(text: string): string {
    // The longest first: one secret may hold another.
    const longestFirst = [...this.#values].sort((a, b) => b.length - a.length);
    return longestFirst.reduce((left, secret) => left.replaceAll(secret, REPLACEMENT), text);
  }
}
