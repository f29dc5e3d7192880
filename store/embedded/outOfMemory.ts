/** DuckDB's errors have no class or code in JavaScript; these are the words with which it reaches its `memory_limit`. */
export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error &&
  /Out of Memory|failed to pin block|(?:could not|failed to) allocate/.test(error.message)

/** True when the rows of a commit could not be appended: it had not begun to write the log. */
export const isOfAppend = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('Failed to append')
