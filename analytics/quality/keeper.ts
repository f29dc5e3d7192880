import type { QualityChange, QualityStore } from '../../store/quality.ts'
import { progressOf, type Watched } from './watched.ts'

/** What waits to be written down, written in slices so that nobody waits long for the disk. */
export interface Keeper {
  /** Findings in the order in which they are to be kept. */
  add(changes: readonly QualityChange[]): void
  /** The queue itself, for whoever adds one for each reading that comes in. */
  queue(): QualityChange[]
  /** True when so much waits that what comes now is better looked at again later: the database fails. */
  isFull(): boolean
  /** Notes that a Datastream's progress is another than the kept one. */
  changed(watched: Watched): void
  /** A slice of findings, and the progress of so many Datastreams, those in `first` before others. */
  keepSome(atLeast: number, first: Iterable<Watched>): void
  /** All findings, slice by slice. */
  keepAll(pause: () => Promise<void>): Promise<void>
  isEmpty(): boolean
}

const SLICE = 2_000

/** `mostWaiting`: findings from which on the queue is full. */
export const createKeeper = (
  quality: Pick<QualityStore, 'change' | 'saveProgress'>,
  { mostWaiting }: { mostWaiting: number },
): Keeper => {
  let changes: QualityChange[] = []
  const changed = new Set<Watched>()

  /** Of many more than usual a quarter, so that a flood of findings does not grow without end. */
  const keepFindings = (atLeast: number): void => {
    const taken = changes.splice(0, Math.max(atLeast, changes.length >> 2))
    try {
      quality.change(taken)
    } catch (error) {
      changes = [...taken, ...changes]
      throw error
    }
  }

  return {
    add(more) {
      changes = [...changes, ...more]
    },
    queue: () => changes,
    isFull: () => changes.length >= mostWaiting,
    changed: (watched) => changed.add(watched),
    keepSome(atLeast, first) {
      keepFindings(atLeast)
      const kept = new Map<Watched, string>()
      for (const group of [first, changed]) {
        for (const watched of group) {
          if (kept.size >= atLeast) break
          if (watched.changed) kept.set(watched, progressOf(watched))
        }
      }
      quality.saveProgress(new Map([...kept].map(([{ datastream }, progress]) => [datastream.id, progress])))
      // Only now: what could not be kept is still to be kept.
      for (const watched of kept.keys()) {
        watched.changed = false
        changed.delete(watched)
      }
    },
    async keepAll(pause) {
      for (; changes.length > 0; await pause()) keepFindings(SLICE)
    },
    isEmpty: () => changes.length === 0 && changed.size === 0,
  }
}
