import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { bucketsOfSamples } from '../../city/bucketRows.ts'
import type { Sample } from '../../city/observation.ts'
import { keyedRandom } from '../../edge/simulation/random.ts'
import { createEmbeddedStore } from '../../store/embedded/embeddedStore.ts'
import { createInfluxStore } from '../../store/influx/influxStore.ts'
import type { ObservationStore } from '../../store/observations.ts'
import { startInflux } from '../support/influx.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { TEST_SCALE } from '../support/testScale.ts'
import type { Dropping } from './droppingChild.ts'

const CHILD = path.join(import.meta.dirname, 'droppingChild.ts')
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const STEP_MS = 10 * MINUTE_MS
const START_MS = Date.parse('2026-01-01T00:00:00Z')
const RAW_DAYS = 31
const IDS = [1, 2]
/** A counter that is set back every ten days. */
const valueAt = (timeMs: number): number => ((timeMs - START_MS) % (10 * DAY_MS)) / STEP_MS

type DroppingStore = ObservationStore & { drop(): Promise<void> }

interface Ground {
  /** The part of the child's argument that names the store. */
  where: Pick<Dropping, 'folder' | 'url'>
  open: (nowMs: number) => Promise<DroppingStore>
  /** Whom a round may kill besides the process that drops. */
  others: readonly { kill(): Promise<void>; restart(): Promise<void> }[]
}

const rangeOf = (id: number, fromMs: number, toMs: number) => ({ datastreamId: id, fromMs, toMs })

/** Samples as the store has them, and hours as it sums them up beside what those of `model` add up to. */
const hoursOf = async (store: ObservationStore, id: number, model: readonly Sample[], endMs: number) => {
  const of = async (kind: 'instant' | 'counter') => {
    const bucket = { unit: 'h' as const, count: 1 }
    const question = { ...rangeOf(id, START_MS, endMs), kind, bucket, timeZone: 'UTC', stepMs: STEP_MS }
    const shown = (rows: Awaited<ReturnType<ObservationStore['buckets']>>) =>
      rows.map(({ count, min, max, last, sum }) => [count, min, max, last, sum?.toFixed(6)])
    return {
      summed: shown(await store.buckets(question)),
      expected: shown(bucketsOfSamples(question, model, undefined, undefined)),
    }
  }
  return { instant: await of('instant'), counter: await of('counter') }
}

/** Runs the child and kills it, or `other`, `delayMs` after it printed something that holds `line`. */
const killAt = async (
  dropping: Dropping,
  line: string,
  delayMs: number,
  other?: Ground['others'][number],
): Promise<void> => {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(dropping)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const gone = once(child, 'exit')
  for await (const text of createInterface({ input: child.stdout })) {
    if (!text.includes(line)) continue
    await sleep(delayMs)
    await other?.kill()
    // Beside a server that is gone it would wait for as long as it takes.
    child.kill('SIGKILL')
    break
  }
  await gone
  if (!other) return
  // The line may not have come, where nothing was left to do.
  await other.kill()
  await other.restart()
}

const killedWhileDropping = async ({ where, open, others }: Ground, seed: number): Promise<void> => {
  const model = new Map<number, Sample[]>(IDS.map((id) => [id, []]))
  let endMs = START_MS
  const appendUntil = async (store: ObservationStore, toMs: number): Promise<void> => {
    const count = (toMs - endMs) / STEP_MS
    const times = Array.from({ length: count }, (_, i) => endMs + i * STEP_MS)
    for (const id of IDS) {
      const samples = times.map((timeMs) => ({ timeMs, value: valueAt(timeMs) }))
      await store.append(samples.map((sample) => ({ datastreamId: id, ...sample })))
      model.get(id)?.push(...samples)
    }
    endMs = toMs
  }
  for (let round = 0; round < Math.ceil(2 * TEST_SCALE); round += 1) {
    const random = keyedRandom(seed, round)
    const other = round % 2 === 1 ? others[0] : undefined
    {
      await using store = await open(endMs)
      await appendUntil(store, round === 0 ? START_MS + 36 * DAY_MS : endMs + 3 * DAY_MS)
    }
    const dropping = { ...where, rawDays: RAW_DAYS, nowMs: endMs }
    const horizonMs = Math.floor((endMs - STEP_MS) / DAY_MS) * DAY_MS - RAW_DAYS * DAY_MS
    // Before the horizon is written or somewhere about it, and right after, when deleting begins.
    await killAt(dropping, 'begun', random.uniform() * 60, other)
    await killAt(dropping, 'samples before it are dropped', random.uniform() * 20, other)
    {
      await using store = await open(endMs)
      for (const moment of ['as it was left', 'dropped']) {
        for (const id of IDS) {
          const told = `round ${round}, Datastream ${id}, ${moment}`
          const { instant, counter } = await hoursOf(store, id, model.get(id) ?? [], endMs)
          expect(instant.summed, told).toEqual(instant.expected)
          expect(counter.summed, told).toEqual(counter.expected)
          const kept = await store.raw({ ...rangeOf(id, 0, endMs), limit: 1e6 })
          expect(kept, told).toEqual(model.get(id)?.filter(({ timeMs }) => timeMs >= horizonMs))
        }
        await store.drop()
      }
    }
    // Across the horizon, so that sums and samples go.
    const [id = 1] = IDS
    const range = rangeOf(id, horizonMs - 6 * HOUR_MS, horizonMs + 30 * HOUR_MS)
    await killAt({ ...dropping, range }, 'begun', random.uniform() * 30, other)
    await using store = await open(endMs)
    const isAsked = (timeMs: number): boolean => timeMs >= range.fromMs && timeMs < range.toMs
    const left = await store.raw({ ...rangeOf(id, 0, endMs), limit: 1e6 })
    const halfway = (model.get(id) ?? []).filter(({ timeMs }) => timeMs < horizonMs && !isAsked(timeMs))
    const { instant } = await hoursOf(store, id, [...halfway, ...left], endMs)
    instant.summed.forEach((row, hour) => {
      const timeMs = START_MS + hour * HOUR_MS
      // Of the hours that are sums alone some may be gone, each of them as a whole.
      if (!isAsked(timeMs) || timeMs >= horizonMs) expect(row, `hour ${hour}`).toEqual(instant.expected[hour])
      else expect([0, 6], `hour ${hour}`).toContain(row[0])
    })
    await store.deleteRange(range)
    model.set(
      id,
      (model.get(id) ?? []).filter(({ timeMs }) => !isAsked(timeMs)),
    )
    const whole = await hoursOf(store, id, model.get(id) ?? [], endMs)
    expect(whole.instant.summed).toEqual(whole.instant.expected)
    expect(await store.raw({ ...rangeOf(id, 0, endMs), limit: 1e6 })).toEqual(
      model.get(id)?.filter(({ timeMs }) => timeMs >= horizonMs),
    )
  }
}

const log = pino({ level: 'silent' })
/** Many processes are started. */
const PATIENCE = { timeout: 600_000 }

it(
  'keeps every sum and every sample that must stay when it is killed while it drops or deletes',
  PATIENCE,
  async () => {
    await using folder = await temporaryFolder()
    const open = (nowMs: number) =>
      createEmbeddedStore({ folder: folder.path, log, rawDays: RAW_DAYS, now: () => nowMs })
    await killedWhileDropping({ where: { folder: folder.path }, open, others: [] }, 5)
  },
)

it('keeps them on InfluxDB too, whether Nadi or the server is killed', PATIENCE, async () => {
  await using server = await startInflux()
  const url = `${server.url}/nadi`
  const open = (nowMs: number) =>
    createInfluxStore({ url, log, rawDays: RAW_DAYS, now: () => nowMs, waitMs: 30_000 })
  await killedWhileDropping({ where: { url }, open, others: [server] }, 6)
})
