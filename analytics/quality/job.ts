import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { addRange } from '../../city/quality/ranges.ts'
import { addTime } from '../../city/quality/apart.ts'
import type { Catalogue } from '../../store/catalogue/catalogue.ts'
import type { CommittedReading, Intake } from '../../store/intake.ts'
import type { ObservationStore } from '../../store/observations.ts'
import type { QualityStore } from '../../store/quality.ts'
import { createKeeper } from './keeper.ts'
import { reexamine, touchingAt } from './reexamine.ts'
import {
  beginWith,
  lookByClock,
  putOff,
  redeclare,
  takeReading,
  takeUp,
  watchedOf,
  type Watched,
} from './watched.ts'

/**
 * Watches the quality of what is stored. A reading that comes in order is judged as it comes, from a small state in
 * memory; what comes late, or was committed before a restart, is looked at again in the store, one Datastream and one
 * page after the other, resting as long as it worked. Silence is looked for by the clock. It never changes a reading,
 * and nothing waits for it.
 */
export interface QualityJob extends AsyncDisposable {
  /** Takes up what was kept and finds what came since; without it nothing is judged. */
  start(): Promise<void>
  /** Looks by the clock once, then resolves when nothing waits to be looked at and all that was found is kept. */
  idle(): Promise<void>
  close(): Promise<void>
}

export interface QualityJobOptions {
  catalogue: Pick<Catalogue, 'datastreams'>
  observations: Pick<ObservationStore, 'raw' | 'buckets' | 'latest'>
  intake: Pick<Intake, 'onCommit'>
  quality: QualityStore
  log: Logger
  /** Wall clock, epoch milliseconds. */
  now: () => number
  /** How often findings are kept and the clock is looked at. */
  tickMs?: number
  /** Findings that may wait for a database that fails; beyond it what comes is looked at again later. */
  mostWaiting?: number
}

/** Datastreams whose progress is kept, and whose silence is looked for, at one tick. */
const KEPT_A_TICK = 2_000
const LOOKED_A_TICK = 20_000
const LATEST_AT_ONCE = 1_000
/** A stop that was not clean may have lost the mark of what had just come late: so far back is looked at again. */
const UNCLEAN_MS = 86_400_000

export const createQualityJob = (options: QualityJobOptions): QualityJob => {
  const { catalogue, observations, intake, quality, log, now, tickMs = 1_000, mostWaiting = 50_000 } = options
  const all = new Map<number, Watched>()
  const waiting = new Set<Watched>()
  const keeper = createKeeper(quality, { mostWaiting })
  let started = false
  const ending = new AbortController()
  let working: Promise<void> | undefined
  let looking: Iterator<Watched> | undefined

  const watchedFor = (datastreamId: number, reading: CommittedReading): Watched | undefined => {
    const datastream = catalogue.datastreams.byId(datastreamId)
    if (!datastream) return undefined
    const watched = watchedOf(datastream)
    all.set(datastreamId, watched)
    // Made after the start, so by this very reading: there is nothing before it. Until then the store may hold more.
    if (started) beginWith(watched, reading)
    return watched
  }

  const notice = (committed: readonly CommittedReading[]): void => {
    const arrivedMs = now()
    const queue = keeper.queue()
    for (const reading of committed) {
      const watched = all.get(reading.datastreamId) ?? watchedFor(reading.datastreamId, reading)
      if (watched === undefined) continue
      if (!watched.changed) keeper.changed(watched)
      if (keeper.isFull()) putOff(watched, reading, arrivedMs)
      else takeReading(watched, reading, arrivedMs, queue)
      if (watched.dirty.length > 0) waiting.add(watched)
    }
  }
  const stopListening = intake.onCommit(notice)

  const look = (atMost: number): void => {
    const nowMs = now()
    looking ??= all.values()
    for (let count = 0; count < atMost; count += 1) {
      const { value: watched, done } = looking.next()
      if (done) {
        looking = undefined
        return
      }
      refresh(watched)
      keeper.queue().push(...lookByClock(watched, nowMs))
      if (watched.changed) keeper.changed(watched)
    }
  }

  /** A declaration may say otherwise than was known: what depends on it is looked at anew. */
  const refresh = (watched: Watched): void => {
    const datastream = catalogue.datastreams.byId(watched.datastream.id)
    if (!datastream || datastream === watched.datastream) return
    if (redeclare(watched, datastream)) markDirty(watched, 0, watched.state?.lastMs ?? now())
  }

  const markDirty = (watched: Watched, fromMs: number, toMs: number): void => {
    watched.dirty = addRange(watched.dirty, { fromMs, toMs })
    watched.changed = true
    keeper.changed(watched)
    waiting.add(watched)
  }

  /** One Datastream's stretches. They are taken out first: what comes meanwhile marks them anew. */
  const settle = async (watched: Watched, pause: () => Promise<void>): Promise<void> => {
    const ranges = watched.dirty
    const last = ranges.at(-1)
    watched.settling = ranges
    watched.dirty = []
    await keeper.keepAll(pause)
    for (const range of ranges) {
      // Without a state the way leads up to the newest reading.
      const toMs = range === last && watched.state === undefined ? Infinity : range.toMs
      const { changes: found, end } = await reexamine(
        {
          observations,
          quality,
          datastreamId: watched.datastream.id,
          rules: watched.rules,
          pause,
          onSamples: (samples) => samples.forEach(({ timeMs }) => addTime(watched.blocks, timeMs)),
        },
        { fromMs: range.fromMs, toMs },
      )
      keeper.add(found)
      await keeper.keepAll(pause)
      if (end !== undefined) {
        watched.state = end
        watched.silentFromMs = undefined
      }
    }
    watched.settling = []
    watched.changed = true
    keeper.changed(watched)
    if (watched.dirty.length > 0) waiting.add(watched)
  }

  const work = async (): Promise<void> => {
    let sinceMs = performance.now()
    const pause = async (): Promise<void> => {
      await sleep(performance.now() - sinceMs)
      sinceMs = performance.now()
    }
    for (const watched of waiting) {
      if (ending.signal.aborted) return
      waiting.delete(watched)
      try {
        await settle(watched, pause)
      } catch (error) {
        watched.dirty = watched.settling.reduce(addRange, [...watched.dirty])
        watched.settling = []
        waiting.add(watched)
        log.warn({ err: error, datastream: watched.datastream.path }, 'quality is looked at again later')
        return
      }
      await pause()
    }
  }

  const tick = (atMost = KEPT_A_TICK, looked = LOOKED_A_TICK): void => {
    try {
      if (!keeper.isFull()) look(looked)
      // What waits first: a mark that is lost is a stretch that nobody looks at.
      keeper.keepSome(atMost, waiting)
    } catch (error) {
      log.warn({ err: error }, 'findings of quality could not be kept; tried again at the next tick')
    }
    if (waiting.size > 0) {
      working ??= work().finally(() => {
        working = undefined
      })
    }
  }
  let timer: NodeJS.Timeout | undefined

  const takeUpAll = async (): Promise<void> => {
    const kept = quality.progress()
    const datastreams = catalogue.datastreams.list()
    const clean = quality.takeCleanMark()
    for (let at = 0; at < datastreams.length; at += LATEST_AT_ONCE) {
      const some = datastreams.slice(at, at + LATEST_AT_ONCE)
      const latest = await observations.latest(some.map(({ id }) => id))
      for (const datastream of some) {
        const { id } = datastream
        // Readings that came meanwhile have marked it.
        const watched = all.get(id) ?? watchedOf(datastream)
        const came = watched.dirty
        const progress = kept.get(id)
        if (progress !== undefined) {
          takeUp(watched, progress, (lastMs) => touchingAt(quality, id, lastMs))
        }
        all.set(id, watched)
        for (const { fromMs, toMs } of [...watched.dirty, ...came]) markDirty(watched, fromMs, toMs)
        const newest = latest.get(id)
        if (newest === undefined) continue
        const { state } = watched
        if (state === undefined) markDirty(watched, 0, newest.timeMs)
        else if (!clean || newest.timeMs !== state.lastMs || newest.value !== state.lastValue) {
          markDirty(watched, Math.max(0, state.lastMs - (clean ? 0 : UNCLEAN_MS)), newest.timeMs)
        }
      }
      if (ending.signal.aborted) return
    }
  }

  const close = async (): Promise<void> => {
    if (ending.signal.aborted) return
    ending.abort()
    stopListening()
    clearInterval(timer)
    await working
    tick(Infinity, 0)
    if (started && keeper.isEmpty()) quality.markClean()
  }

  return {
    async start() {
      await takeUpAll()
      if (ending.signal.aborted) return
      started = true
      timer = setInterval(tick, tickMs)
      timer.unref()
    },
    async idle() {
      do {
        tick(Infinity, Infinity)
        await working
      } while (waiting.size > 0 && !ending.signal.aborted)
      tick(Infinity, Infinity)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
