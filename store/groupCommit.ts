import { NadiError } from '../city/errors.ts'

/**
 * Lets concurrent appends share one durable commit. A commit begins as soon as the one before has finished, so an
 * append waits for at most the rest of a running commit and its own; nothing waits for a timer.
 */
export interface GroupCommit<T> {
  /**
   * Resolves once all items are committed; rejects with the commit's error when the commit that held them failed, and
   * with `store-unavailable` when too many wait already.
   */
  append(items: readonly T[]): Promise<void>
  /** Runs `work` between two commits, in the order of calls. */
  exclusively<R>(work: () => Promise<R>): Promise<R>
  /** Items handed in and not settled yet. */
  waiting(): number
  /** Resolves when everything handed in so far has been settled. */
  settled(): Promise<void>
}

export interface GroupCommitOptions<T> {
  /** Makes the items durable or throws; never called while a previous call runs. Items keep the order of arrival. */
  commit: (items: readonly T[]) => Promise<void>
  /** Most items in one commit. A larger append goes into several, one after the other. */
  maxItems: number
  /** Most items that wait for their turn (an append that finds none waiting may bring more). No limit when missing. */
  maxWaiting?: number
}

interface Caller<T> {
  items: readonly T[]
  /** How many of the items are committed or on their way. */
  taken: number
  resolve(): void
  reject(error: unknown): void
}

type Entry<T> = Caller<T> | (() => Promise<void>)

export const createGroupCommit = <T>({
  commit,
  maxItems,
  maxWaiting = Infinity,
}: GroupCommitOptions<T>): GroupCommit<T> => {
  let queue: Entry<T>[] = []
  /** Items handed in and not settled yet. */
  let waiting = 0
  let running: Promise<void> | undefined

  const start = (): void => {
    running ??= drain().finally(() => {
      running = undefined
      if (queue.length > 0) start()
    })
  }

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      const entries = queue
      queue = []
      let at = 0
      while (at < entries.length) {
        const entry = entries[at]
        if (typeof entry === 'function') {
          await entry()
          at += 1
          continue
        }
        at = await commitFrom(entries, at)
      }
    }
  }

  /** Commits callers from `at` on, up to `maxItems`; returns where the next commit begins. */
  const commitFrom = async (entries: readonly Entry<T>[], at: number): Promise<number> => {
    const items: T[] = []
    const callers: Caller<T>[] = []
    let next = at
    while (next < entries.length && items.length < maxItems) {
      const entry = entries[next]
      if (entry === undefined || typeof entry === 'function') break
      callers.push(entry)
      const room = maxItems - items.length
      if (entry.items.length - entry.taken > room) {
        for (let i = 0; i < room; i += 1) items.push(entry.items[entry.taken + i] as T)
        entry.taken += room
        break
      }
      for (let i = entry.taken; i < entry.items.length; i += 1) items.push(entry.items[i] as T)
      entry.taken = entry.items.length
      next += 1
    }
    const unfinished = entries[next]
    try {
      await commit(items)
    } catch (error) {
      for (const caller of callers) caller.reject(error)
      return callers.some((caller) => caller === unfinished) ? next + 1 : next
    }
    for (const caller of callers) if (caller !== unfinished) caller.resolve()
    return next
  }

  return {
    waiting: () => waiting,
    append(items) {
      if (items.length === 0) return Promise.resolve()
      if (waiting > 0 && waiting + items.length > maxWaiting) return Promise.reject(tooMany())
      waiting += items.length
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const settle = (): void => {
        waiting -= items.length
      }
      queue.push({
        items,
        taken: 0,
        resolve() {
          settle()
          resolve()
        },
        reject(error) {
          settle()
          reject(error)
        },
      })
      start()
      return promise
    },
    exclusively(work) {
      return new Promise((resolve, reject) => {
        queue.push(() => work().then(resolve, reject))
        start()
      })
    },
    async settled() {
      for (let current = running; current; current = running) await current
    },
  }
}

const tooMany = (): NadiError =>
  new NadiError(
    'store-unavailable',
    'More readings wait for the store than it can take: send again later, and look at what slows it down.',
  )
