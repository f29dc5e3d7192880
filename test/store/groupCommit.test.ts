import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createGroupCommit } from '../../store/groupCommit.ts'

/** A commit that the test finishes by hand, keeping what it was given. */
const createLog = () => {
  const commits: number[][] = []
  const finish: { resolve(): void; reject(error: unknown): void }[] = []
  return {
    commits,
    finish,
    commit: (items: readonly number[]): Promise<void> => {
      commits.push([...items])
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      finish.push({ resolve, reject })
      return promise
    },
  }
}

/** Lets everything that is ready run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('group commit', () => {
  it('commits at once, and gathers what comes meanwhile into the next commit', async () => {
    const log = createLog()
    const group = createGroupCommit({ commit: log.commit, maxItems: 100 })
    const first = group.append([1])
    const others = [group.append([2]), group.append([3, 4])]
    await turn()
    expect(log.commits).toEqual([[1]])
    log.finish[0]?.resolve()
    await first
    await turn()
    expect(log.commits).toEqual([[1], [2, 3, 4]])
    log.finish[1]?.resolve()
    await Promise.all(others)
  })

  it('rejects exactly the callers of the commit that failed', async () => {
    const log = createLog()
    const group = createGroupCommit({ commit: log.commit, maxItems: 2 })
    const outcomes = Promise.allSettled([[1], [2], [3], [4]].map((items) => group.append(items)))
    for (const [at, succeeds] of [true, false, true].entries()) {
      await turn()
      if (succeeds) log.finish[at]?.resolve()
      else log.finish[at]?.reject(new Error('disk full'))
    }
    expect(log.commits).toEqual([[1], [2, 3], [4]])
    expect((await outcomes).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ])
  })

  it('gives up on the rest of a large append when a part of it failed', async () => {
    const log = createLog()
    const group = createGroupCommit({ commit: log.commit, maxItems: 2 })
    const outcomes = Promise.allSettled([group.append([1, 2, 3, 4, 5]), group.append([6])])
    await turn()
    log.finish[0]?.resolve()
    await turn()
    log.finish[1]?.reject(new Error('disk full'))
    await turn()
    log.finish[2]?.resolve()
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    expect(log.commits).toEqual([[1, 2], [3, 4], [6]])
  })

  it('keeps the order of arrival, bounds each commit and never runs two at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 7 }),
        async (sizes, maxItems) => {
          const seen: number[] = []
          let running = 0
          const group = createGroupCommit<number>({
            maxItems,
            async commit(items) {
              running += 1
              expect(running).toBe(1)
              expect(items.length).toBeLessThanOrEqual(maxItems)
              await turn()
              seen.push(...items)
              running -= 1
            },
          })
          let next = 0
          await Promise.all(
            sizes.map((size) => {
              const items = Array.from({ length: size }, () => next++)
              return group.append(items).then(() => {
                for (const item of items) expect(seen).toContain(item)
              })
            }),
          )
          await group.settled()
          expect(seen).toEqual(Array.from({ length: next }, (_, i) => i))
        },
      ),
      { numRuns: 30 },
    )
  })

  it('runs exclusive work between commits, in the order of calls', async () => {
    const events: string[] = []
    const group = createGroupCommit<string>({
      maxItems: 10,
      async commit(items) {
        await turn()
        events.push(...items)
      },
    })
    await Promise.all([
      group.append(['a']),
      group.append(['b']),
      group.exclusively(async () => {
        await turn()
        events.push('alone')
      }),
      group.append(['c']),
    ])
    expect(events).toEqual(['a', 'b', 'alone', 'c'])
    await expect(group.exclusively(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  })
})
