/** DuckDB's errors have no class or code in JavaScript; these are the words with which it reaches its `memory_limit`. */
export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error &&
  /Out of Memory|failed to pin block|(?:could not|failed to) allocate/.test(error.message)
