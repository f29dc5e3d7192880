/**
 * One synchronous commit for all that came in the same turn of the event loop: the catalogue's commits block, and a
 * device that sends nothing but nonsense, or a thousand new Datastreams in packs of one, must not cost an fsync each.
 */
export interface TurnQueue<T> {
  /** Resolves when the items are committed; rejects, with all others of that turn, when they could not be. */
  add(items: readonly T[]): Promise<void>
}

export const createTurnQueue = <T>(commit: (items: readonly T[]) => void): TurnQueue<T> => {
  let waiting: T[] = []
  let committed: Promise<void> | undefined

  const flush = (resolve: () => void, reject: (error: unknown) => void): void => {
    const items = waiting
    waiting = []
    committed = undefined
    try {
      commit(items)
      resolve()
    } catch (error) {
      reject(error)
    }
  }

  return {
    add(items) {
      for (const item of items) waiting.push(item)
      committed ??= new Promise((resolve, reject) => {
        setImmediate(flush, resolve, reject)
      })
      return committed
    },
  }
}
