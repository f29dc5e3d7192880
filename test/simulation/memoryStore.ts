import type { Point } from '../../city/observation.ts'
import { NadiError } from '../../city/errors.ts'
import { createGroupCommit } from '../../store/groupCommit.ts'
import type { ObservationStore } from '../../store/observations.ts'
import type { Life } from './life.ts'
import type { World } from './world.ts'

/** Where the observations are: what was committed, by Datastream and time, and what of it is flushed. */
export interface StoreDisk {
  /** The store of the process that has the disk now: the real group commit over this engine. */
  storeOf(life: Life): Pick<ObservationStore, 'append'>
  crash(kind: 'kill' | 'power cut'): void
  setTrouble(trouble: StoreTrouble): void
  /** All that can be seen, each entry as often as it is seen. */
  visible(): Point[]
}

export interface StoreTrouble {
  commitMs: number
  /** Share of commits that fail: half of them are committed all the same. */
  failing: number
}

export interface StoreBugs {
  /** Commits are not flushed. */
  withoutFlush?: boolean
  /** A point that is there already is kept once more. */
  withoutDuplicateControl?: boolean
}

export const CALM: StoreTrouble = { commitMs: 5, failing: 0 }
const MOST_IN_ONE_COMMIT = 40

export const createStoreDisk = (world: World, bugs: StoreBugs = {}): StoreDisk => {
  const { chance } = world
  let trouble = CALM
  const written = new Map<string, Point>()
  let unflushed: string[] = []
  /** Commits that a crash may find half way: they are there or not, as chance has it. */
  const underWay = new Set<readonly Point[]>()

  const write = (points: readonly Point[]): void => {
    for (const point of points) {
      const identity = `${point.datastreamId} ${point.timeMs}`
      const key = bugs.withoutDuplicateControl ? `${identity} ${written.size}` : identity
      if (bugs.withoutFlush && !written.has(key)) unflushed.push(key)
      written.set(key, point)
    }
  }

  return {
    storeOf(life) {
      const commits = createGroupCommit<Point>({
        maxItems: MOST_IN_ONE_COMMIT,
        async commit(points) {
          life.check()
          underWay.add(points)
          await life.sleep(trouble.commitMs * (0.2 + chance.share()))
          underWay.delete(points)
          const fails = chance.happens(trouble.failing)
          if (!fails || chance.happens(0.5)) write(points)
          if (fails) throw new NadiError('store-unavailable', 'the commit failed')
        },
      })
      return { append: (points) => commits.append(points) }
    },
    crash(kind) {
      for (const points of underWay) if (chance.happens(0.5)) write(points)
      underWay.clear()
      if (kind === 'power cut') for (const key of unflushed) written.delete(key)
      unflushed = []
    },
    setTrouble(next) {
      trouble = next
    },
    visible: () => [...written.values()],
  }
}
