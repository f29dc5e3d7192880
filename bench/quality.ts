import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { createQualityJob } from '../analytics/quality/job.ts'
import type { Point } from '../city/observation.ts'
import { openCatalogue } from '../store/catalogue/open.ts'
import { createEmbeddedStore } from '../store/embedded/embeddedStore.ts'
import { createIntake } from '../store/intake.ts'
import { createQualityStore } from '../store/quality.ts'

/**
 * What the watch over quality costs when it meets a city that has a past: 200 Datastreams with a reading every five
 * minutes, all of which it looks at in the store. It rests as long as it works, so it takes about twice its own time.
 *
 * `npm run bench -- quality [--scale SHARE] [--days DAYS]`: that share of the Datastreams (1), so many days (30).
 */
const STEP_MS = 300_000
const DAY_MS = 86_400_000
const DATASTREAMS = 200
const AT_ONCE = 20_000
const PROPERTIES = ['temperature', 'energy', 'co2', 'occupancy'] as const
const MB = 1024 * 1024
const print = (line: string): void => void process.stdout.write(`${line}\n`)

export const run = async ({ scale = '1', days = '30' }: Readonly<Record<string, string>>): Promise<void> => {
  const count = Math.max(1, Math.round(DATASTREAMS * Number(scale)))
  const steps = Math.round((Number(days) * DAY_MS) / STEP_MS)
  const fromMs = Date.now() - steps * STEP_MS
  const folder = await mkdtemp(path.join(tmpdir(), 'nadi-bench-'))
  const log = pino({ level: 'warn' })
  try {
    using stack = new DisposableStack()
    const catalogue = stack.adopt(
      openCatalogue({ file: path.join(folder, 'catalogue.sqlite'), log, now: Date.now }),
      (it) => it.close(),
    )
    await using observations = await createEmbeddedStore({ folder: path.join(folder, 'observations'), log })
    const intake = createIntake({ catalogue, observations, log })
    const file = path.join(folder, 'quality.sqlite')
    const quality = stack.adopt(createQualityStore({ file }), (it) => it.close())

    const datastreams = Array.from({ length: count }, (_, at) => {
      const property = PROPERTIES[at % PROPERTIES.length] ?? 'temperature'
      return catalogue.datastreams.declare({ path: `house-${at}/${property}`, intervalSeconds: 300 })
    })
    let points: Point[] = []
    for (const { id, property } of datastreams) {
      for (let step = 0; step < steps; step += 1) {
        points.push({ datastreamId: id, timeMs: fromMs + step * STEP_MS, value: valueAt(property, step) })
        if (points.length < AT_ONCE) continue
        await observations.append(points)
        points = []
      }
    }
    await observations.append(points)
    await observations.compact()

    const before = process.memoryUsage().rss
    let mostBytes = before
    const watch = setInterval(() => (mostBytes = Math.max(mostBytes, process.memoryUsage().rss)), 50)
    const cpu = process.cpuUsage()
    const startedMs = performance.now()
    await using job = createQualityJob({ catalogue, observations, intake, quality, log, now: Date.now })
    await job.start()
    await job.idle()
    const seconds = (performance.now() - startedMs) / 1000
    const { user, system } = process.cpuUsage(cpu)
    clearInterval(watch)
    const { size } = await stat(file)
    print(
      `${count} Datastreams of ${steps} readings: ${seconds.toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of processor time, ` +
        `${Math.round((count * steps) / seconds)} readings/s`,
    )
    print(
      `memory ${(before / MB).toFixed(0)} MB before, ${(mostBytes / MB).toFixed(0)} MB at most; ` +
        `${quality.count({})} findings in ${(size / MB).toFixed(1)} MB`,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A quiet past with a fault now and then: a register set back, an impossible value, each about once in ten days. */
const valueAt = (property: string, step: number): number => {
  if (property === 'energy') return step % 3000
  if (step % 2881 === 2880) return 99_999
  return 20 + (step % 288) / 100
}
