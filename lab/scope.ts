// Ownership of what a run opens, safe against a run that ends while something is being opened.

/**
 * Gives `resource` to `scope`. When the scope was closed meanwhile (the run was interrupted during
 * a connect) the resource is closed at once, and this throws.
 *
 * @throws {ReferenceError} when the scope is closed.
 */
export function own<T extends Disposable>(scope: AsyncDisposableStack, resource: T): T {
  try {
    return scope.use(resource);
  } catch (error) {
    resource[Symbol.dispose]();
    throw error;
  }
}

/** As {@linkcode own}, for what closes asynchronously. */
export async function ownAsync<T extends AsyncDisposable>(
  scope: AsyncDisposableStack,
  resource: T,
): Promise<T> {
  try {
    return scope.use(resource);
  } catch (error) {
    await resource[Symbol.asyncDispose]();
    throw error;
  }
}
