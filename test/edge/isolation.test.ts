import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIsolation, type Isolation } from '../../edge/isolation.ts'

const LIMITS = { endingsToSuspect: 3, failuresToReject: 3, lastTryAfterMs: 60_000 }
/** Between two connections. */
const PAUSE_MS = 1000
const USUAL = 64

/** With a clock that stands still until it is moved on. */
interface Timed extends Isolation {
  pass(ms: number): void
}

const timedIsolation = (): Timed => {
  let nowMs = 0
  const isolation = createIsolation(LIMITS, () => nowMs)
  return Object.assign(Object.create(isolation) as Isolation, { pass: (ms: number) => void (nowMs += ms) })
}

/** One connection as the pump would have it: what ended it, if anything did. */
interface Outcome {
  acknowledged: number[]
  rejected: number[]
}

/** Sends `rows` over one connection to a broker that ends it on each pack for which `fails` holds. */
const connection = (
  isolation: Isolation,
  rows: readonly number[],
  fails: (pack: readonly number[]) => boolean,
): Outcome => {
  const acknowledged = new Set<number>()
  const rangeOf = (pack: readonly number[]) => ({ fromId: pack[0] ?? 0, toId: pack.at(-1) ?? 0 })
  const rejected: number[] = []
  const end = (packs: readonly number[][]): Outcome => {
    isolation.ended(packs.map((pack) => ({ range: rangeOf(pack), rows: pack.length })))
    return { acknowledged: [...acknowledged], rejected }
  }
  const take = (pack: readonly number[]): void => {
    for (const id of pack) acknowledged.add(id)
    const id = isolation.acknowledged(rangeOf(pack))
    if (id === undefined) return
    rejected.push(id)
    isolation.forget(id)
  }
  let afterId = 0
  for (;;) {
    const { id: retry, inMs } = isolation.retry() ?? {}
    if (retry !== undefined && inMs === 0) {
      if (!rows.includes(retry) || acknowledged.has(retry)) isolation.forget(retry)
      else if (fails([retry])) return end([[retry]])
      else take([retry])
      continue
    }
    const left = rows.filter((id) => id > afterId && !acknowledged.has(id) && !rejected.includes(id))
    const [first] = left
    isolation.reached(first ?? Infinity)
    if (first === undefined) return end([])
    if (isolation.isAccused(first)) {
      afterId = first
      continue
    }
    const accusedAt = left.findIndex((id) => isolation.isAccused(id))
    const run = accusedAt > 0 ? left.slice(0, accusedAt) : left
    if (isolation.careful) {
      const pack = run.slice(0, isolation.limitAt(first, USUAL))
      if (fails(pack)) return end([pack])
      take(pack)
      afterId = pack.at(-1) ?? afterId
    } else {
      const packs = [run.slice(0, USUAL), run.slice(USUAL, 2 * USUAL)].filter((pack) => pack.length > 0)
      if (packs.some(fails)) return end(packs)
      packs.forEach(take)
      afterId = packs.at(-1)?.at(-1) ?? afterId
    }
  }
}

/**
 * Connects again and again until nothing of `given` is left or `most` connections were made; with `goesOn` a new row
 * comes before each.
 */
const drain = (
  isolation: Timed,
  given: readonly number[],
  fails: (pack: readonly number[]) => boolean,
  { most = 2_000, goesOn = false, pauseMs = PAUSE_MS } = {},
) => {
  let rows = [...given]
  const rejected: number[] = []
  let connections = 0
  for (; rows.some((id) => id < NEW_ROWS) && connections < most; connections++) {
    if (goesOn) rows.push(NEW_ROWS + connections)
    const outcome = connection(isolation, rows, fails)
    isolation.pass(pauseMs)
    rejected.push(...outcome.rejected)
    rows = rows.filter((id) => ![...outcome.acknowledged, ...outcome.rejected].includes(id))
  }
  return { rejected: rejected.toSorted((a, b) => a - b), left: rows.filter((id) => id < NEW_ROWS) }
}

const NEW_ROWS = 1_000_000

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

describe('isolation', () => {
  it('rejects exactly the rows that end connections, wherever they are, and lets all others pass', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 400 }),
        fc.uniqueArray(fc.nat(399), { maxLength: 6 }),
        (count, picks) => {
          const poison = new Set(picks.map((pick) => 1 + (pick % (count - 1))))
          const fails = (pack: readonly number[]): boolean => pack.some((id) => poison.has(id))
          const { rejected, left } = drain(timedIsolation(), upTo(count), fails, { goesOn: true })
          expect(left).toEqual([])
          expect(rejected).toEqual([...poison].toSorted((a, b) => a - b))
        },
      ),
    )
  })

  it('rejects nothing while the broker takes nothing, and nothing when it is back', () => {
    const isolation = timedIsolation()
    const down = drain(isolation, upTo(300), () => true, { most: 500 })
    expect(down).toMatchObject({ rejected: [], left: upTo(300) })
    expect(drain(isolation, upTo(300), () => false)).toMatchObject({ rejected: [], left: [] })
    expect(isolation.careful).toBe(false)
  })

  it('rejects nothing when chance ends connections', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(3)), (chances) => {
        const { rejected, left } = drain(timedIsolation(), upTo(300), () => chances.next().value === 0)
        expect(left).toEqual([])
        expect(rejected.length).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('rejects nothing when the broker fails on some and takes others for less than the wait before the last try', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }),
        (picks) => {
          const isolation = timedIsolation()
          const most = Math.floor(LIMITS.lastTryAfterMs / PAUSE_MS)
          const troubled = (pack: readonly number[]): boolean => pack.some((id) => picks.includes(id))
          const during = drain(isolation, upTo(300), troubled, { most, goesOn: true })
          expect(during.rejected).toEqual([])
          expect(drain(isolation, during.left, () => false, { goesOn: true })).toEqual({
            rejected: [],
            left: [],
          })
        },
      ),
    )
  })

  it('rejects nothing when the broker takes but a few packs between outages, however many there are', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ taken: fc.integer({ min: 1, max: 5 }), endings: fc.integer({ min: 2, max: 40 }) }),
          {
            minLength: 1,
            maxLength: 30,
          },
        ),
        (outages) => {
          const isolation = timedIsolation()
          let rows = upTo(300)
          for (const { taken, endings } of outages) {
            let packs = taken
            const { rejected, left } = drain(isolation, rows, () => packs-- <= 0, {
              most: endings,
              pauseMs: 600_000,
            })
            expect(rejected).toEqual([])
            rows = left
          }
          expect(drain(isolation, rows, () => false).rejected).toEqual([])
        },
      ),
    )
  })

  it('keeps a poisonous row that is alone until another one has passed', () => {
    const isolation = timedIsolation()
    const poison = (pack: readonly number[]): boolean => pack.includes(1)
    expect(drain(isolation, [1], poison, { most: 100 })).toMatchObject({ rejected: [], left: [1] })
    expect(drain(isolation, upTo(9), poison, { goesOn: true })).toMatchObject({ rejected: [1], left: [] })
  })
})
