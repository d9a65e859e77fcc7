// Steps of a test that need not wait for each other: several at once, each told by its own name.

/** A step of a test. */
export interface Step {
  /** What it shows. */
  name: string;
  /** Left out, and told so. */
  ignore?: boolean;
  /** Rejects when it does not hold. */
  fn: (t: Deno.TestContext) => Promise<void>;
}

/**
 * Runs steps, at most `most` at once. One that fails lets the others go on, and the test fails.
 *
 * What a step leaves open is the test's: whose it is cannot be told while another runs, so that the
 * sanitizers look when the test ends, and not at each step.
 */
export async function sideBySide(
  t: Deno.TestContext,
  most: number,
  steps: Iterable<Step>,
): Promise<void> {
  const queue = [...steps].values();
  const take = async () => {
    for (const step of queue) {
      await t.step({ ...step, sanitizeOps: false, sanitizeResources: false, sanitizeExit: false });
    }
  };
  await Promise.all(Array.from({ length: most }, take));
}
