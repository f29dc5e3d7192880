import type { Point } from '../../city/observation.ts'
import type { Compactor } from './compactor.ts'
import type { HotWriter } from './hotWriter.ts'

/** DuckDB's errors have no class or code in JavaScript; these are the words with which it reaches its `memory_limit`. */
export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error &&
  /Out of Memory|failed to pin block|(?:could not|failed to) allocate/.test(error.message)

/** True when the rows of a commit could not be appended: it had not begun to write the log. */
const isOfAppend = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('Failed to append')

/**
 * Commits rows. Those that found no memory beside compaction are not in the log yet: they are written when it has
 * ended, once. Rejects as `HotWriter.commit` does.
 */
export const commitRows = (
  { writer, compactor }: { writer: HotWriter; compactor: Pick<Compactor, 'exclusively'> },
  points: readonly Point[],
): Promise<void> => {
  const write = (): Promise<void> => writer.commit(points)
  return write().catch((error: unknown) => {
    if (isOutOfMemory(error) && isOfAppend(error)) return compactor.exclusively(write)
    throw error
  })
}
