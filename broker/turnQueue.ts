/**
 * One synchronous commit for all that came in the same turn of the event loop: the catalogue's commits block, and a
 * device that sends nothing but nonsense, or a thousand new Datastreams in packs of one, must not cost an fsync each.
 */
export interface TurnQueue<T> {
  /** Resolves when the items are committed; rejects, with all others of that turn, when they could not be. */
  add(items: readonly T[]): Promise<void>
  /** Commits now what came in this turn so far, for whatever is to be judged after it. Never throws: `add` tells. */
  flush(): void
}

interface Turn<T> {
  items: T[]
  committed: PromiseWithResolvers<void>
  due: NodeJS.Immediate
}

export const createTurnQueue = <T>(commit: (items: readonly T[]) => void): TurnQueue<T> => {
  let turn: Turn<T> | undefined

  const flush = (): void => {
    if (turn === undefined) return
    const { items, committed, due } = turn
    turn = undefined
    clearImmediate(due)
    try {
      commit(items)
      committed.resolve()
    } catch (error) {
      committed.reject(error)
    }
  }

  return {
    add(items) {
      turn ??= { items: [], committed: Promise.withResolvers(), due: setImmediate(flush) }
      for (const item of items) turn.items.push(item)
      return turn.committed.promise
    },
    flush,
  }
}
