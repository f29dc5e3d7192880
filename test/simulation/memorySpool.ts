import type { Reading } from '../../city/observation.ts'
import {
  type IdRange,
  rowBytes,
  type SpoolCounter,
  type SpoolEngine,
  SpoolFailure,
  type SpoolRow,
} from '../../edge/spoolEngine.ts'
import { Gone, type Life } from './life.ts'
import type { World } from './world.ts'

/** What is on an agent's disk. Never changed: each transaction makes another. */
interface Image {
  rows: SpoolRow[]
  rejected: readonly SpoolRow[]
  counters: Readonly<Record<SpoolCounter, number>>
  lastId: number
}

/**
 * The disk of one agent. A crash keeps what was written, power loss only what was flushed; a commit that fails may be
 * on the disk all the same.
 */
export interface SpoolDisk {
  /** The engine of the process that has the disk now. */
  engineOf(life: Life): SpoolEngine
  /** What a crash does to it. */
  crash(kind: 'kill' | 'power cut'): void
  setFull(full: boolean): void
  /** Share of commits that fail, and of those on which the process crashes. */
  setTrouble(trouble: { failing: number; crashing: number }): void
  /** Some rows become unreadable; it is noticed when the rows are read next. */
  damage(share: number): void
  readonly rows: readonly SpoolRow[]
  readonly rejected: readonly SpoolRow[]
  counter(name: SpoolCounter): number
  /** Values of the rows that made room for others, and of those that damage took. */
  readonly dropped: ReadonlySet<number>
  readonly damaged: ReadonlySet<number>
  /** Rows that made room in a transaction that did not count them. */
  readonly uncounted: number
}

export interface SpoolDiskParts {
  world: World
  name: string
  /** The process dies in the middle of a commit. */
  onCrash: (kind: 'kill' | 'power cut') => void
}

const EMPTY: Image = {
  rows: [],
  rejected: [],
  counters: { dropped: 0, rejected: 0, salvaged: 0 },
  lastId: 0,
}
/** Rows by which the file may grow on a full disk once the reserve is given up. */
const GROWTH_ROWS = 10

export const createSpoolDisk = ({ world, name, onCrash }: SpoolDiskParts): SpoolDisk => {
  const { chance } = world
  let written = EMPTY
  let flushed = EMPTY
  /** What a crash would leave of a commit that failed. */
  let ghost: { image: Image; gone: readonly SpoolRow[] } | undefined
  let full = false
  let reserve = true
  let trouble = { failing: 0, crashing: 0 }
  let unreadable = new Set<number>()
  /** Rows that the file has room for without growing. */
  let roomRows = 0
  const dropped = new Set<number>()
  const damaged = new Set<number>()
  let uncounted = 0

  const failAtCommit = (next: Image, gone: readonly SpoolRow[]): void => {
    if (full && next.rows.length > roomRows + (reserve ? 0 : GROWTH_ROWS)) {
      throw new SpoolFailure('full', 'the disk is full')
    }
    // Even to forget something takes room in the log.
    if (full && reserve) throw new SpoolFailure('full', 'the log is full')
    if (chance.happens(trouble.failing)) {
      if (chance.happens(0.5)) ghost = { image: next, gone }
      throw new SpoolFailure(chance.oneOf(['full', 'failed'] as const), 'the disk did not take it')
    }
  }

  const engineOf = (life: Life): SpoolEngine => {
    let image = written
    /** Rows that go in this transaction. Those of a durable one make room: a release waits for no flush. */
    let gone: SpoolRow[] = []
    const within = ({ fromId, toId }: IdRange): SpoolRow[] =>
      image.rows.filter(({ id }) => fromId <= id && id <= toId)

    const commit = (durable: boolean): void => {
      if (chance.happens(trouble.crashing)) {
        if (chance.happens(0.5)) take(image, durable)
        const kind = chance.oneOf(['kill', 'power cut'] as const)
        world.tell(() => `${name} dies while it commits (${kind})`)
        onCrash(kind)
        throw new Gone('died while it committed')
      }
      failAtCommit(image, durable ? gone : [])
      take(image, durable)
    }

    const take = (next: Image, durable: boolean): void => {
      if (durable) {
        uncounted += Math.max(0, gone.length - (next.counters.dropped - written.counters.dropped))
        for (const { value } of gone) dropped.add(value)
        flushed = next
      }
      written = next
      ghost = undefined
      roomRows = Math.max(roomRows, next.rows.length)
    }

    return {
      transaction(work, { durable }) {
        life.check()
        const before = image
        image = { ...image, rows: image.rows.slice() }
        gone = []
        try {
          work()
          commit(durable)
        } catch (error) {
          image = before
          if (error instanceof SpoolFailure || error instanceof Gone) throw error
          throw new SpoolFailure('failed', String(error), error)
        }
      },
      insert(reading: Reading) {
        const id = image.lastId + 1
        image.rows.push({ ...reading, id })
        image.lastId = id
      },
      remove(range) {
        gone.push(...within(range))
        image = { ...image, rows: image.rows.filter(({ id }) => id < range.fromId || id > range.toId) }
      },
      setAside(row) {
        image = {
          ...image,
          rows: image.rows.filter(({ id }) => id !== row.id),
          rejected: [...image.rejected, row],
        }
      },
      addTo(counter, by) {
        const counters = { ...image.counters, [counter]: image.counters[counter] + by }
        image = { ...image, counters }
      },
      rows(limit, afterId, untilId) {
        life.check()
        const found: SpoolRow[] = []
        for (const row of image.rows) {
          if (row.id > untilId || found.length >= limit) break
          if (row.id <= afterId) continue
          if (unreadable.has(row.id)) throw new SpoolFailure('damaged', `row ${row.id} is unreadable`)
          found.push(row)
        }
        return found
      },
      measure(range) {
        life.check()
        const rows = within(range)
        return { count: rows.length, bytes: rows.reduce((sum, row) => sum + rowBytes(row), 0) }
      },
      counter: (counter) => image.counters[counter],
      lastId: () => image.lastId,
      yieldReserve() {
        const had = reserve
        reserve = false
        return had
      },
      regainReserve() {
        reserve ||= !full
        return reserve
      },
      repair() {
        const rows = image.rows.filter(({ id }) => !unreadable.has(id))
        for (const row of image.rows) if (unreadable.has(row.id)) damaged.add(row.value)
        world.tell(() => `${name} reads ${rows.length} of ${image.rows.length} rows out of a damaged spool`)
        unreadable = new Set()
        // A new file: the rejected rows and the counters stay in the old one.
        image = {
          rows,
          rejected: image.rejected,
          counters: { ...EMPTY.counters, salvaged: rows.length },
          lastId: image.lastId,
        }
        written = image
        flushed = image
        ghost = undefined
      },
      damagedFiles: () => 0,
      close: () => undefined,
    }
  }

  return {
    engineOf,
    crash(kind) {
      if (ghost && chance.happens(0.5)) {
        written = ghost.image
        for (const { value } of ghost.gone) dropped.add(value)
      } else if (kind === 'power cut') written = flushed
      flushed = written
      ghost = undefined
    },
    setFull(isFull) {
      full = isFull
    },
    setTrouble(next) {
      trouble = next
    },
    damage(share) {
      unreadable = new Set(written.rows.filter(() => chance.happens(share)).map(({ id }) => id))
    },
    get rows() {
      return written.rows
    },
    get rejected() {
      return written.rejected
    },
    counter: (counter) => written.counters[counter],
    dropped,
    damaged,
    get uncounted() {
      return uncounted
    },
  }
}
