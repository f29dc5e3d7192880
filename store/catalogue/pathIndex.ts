/** Records by path in memory: found at once, listed in ascending order, also those below one path. */
export interface PathIndex<T extends { path: string }> {
  get(path: string): T | undefined
  set(record: T): void
  clear(): void
  /** All, or those whose path begins with `under` and a slash (and the one at `under` itself). */
  list(under?: string): T[]
}

export const createPathIndex = <T extends { path: string }>(): PathIndex<T> => {
  const byPath = new Map<string, T>()
  // Sorted only when somebody lists after a new path has come: a wide import adds a thousand at once.
  let sorted: string[] | undefined

  const sortedPaths = (): string[] => (sorted ??= [...byPath.keys()].sort())

  return {
    get: (path) => byPath.get(path),
    set(record) {
      if (!byPath.has(record.path)) sorted = undefined
      byPath.set(record.path, record)
    },
    clear() {
      byPath.clear()
      sorted = undefined
    },
    list(under) {
      const paths = sortedPaths()
      if (under === undefined) return pick(paths, byPath)
      const prefix = `${under}/`
      // "0" is the character after "/": everything between the two begins with the prefix.
      const below = pick(paths.slice(lowerBound(paths, prefix), lowerBound(paths, `${under}0`)), byPath)
      const itself = byPath.get(under)
      return itself ? [itself, ...below] : below
    },
  }
}

const pick = <T>(paths: readonly string[], byPath: ReadonlyMap<string, T>): T[] =>
  paths.flatMap((path) => byPath.get(path) ?? [])

/** Index of the first path that is not before `wanted`. */
const lowerBound = (paths: readonly string[], wanted: string): number => {
  let low = 0
  let high = paths.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((paths[middle] ?? '') < wanted) low = middle + 1
    else high = middle
  }
  return low
}
