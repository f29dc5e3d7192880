import { nadi } from '../analytics/models/nadi.ts'
import { watchPeakMemory } from '../analytics/backtest/peakMemory.ts'
import { createBackend } from '../analytics/backend.ts'
import { issueForecasts } from '../analytics/issueForecasts.ts'
import type { HourlySeries } from '../analytics/series.ts'
import { createRandom, normalFrom } from '../analytics/training/random.ts'

/**
 * What forecasting costs on made-up offices of a year each: learning from all of them, fine-tuning for one more, a
 * forecast of one and of a thousand.
 *
 * `npm run bench -- forecast-cost [--buildings N]`: learned from so many (100).
 */
const DAYS = 365
const MANY = 1_000
const ROUNDS = 20
const START_MS = Date.UTC(2025, 0, 6)
const print = (line: string): void => void process.stdout.write(`${line}\n`)

export const run = async ({ buildings = '100' }: Readonly<Record<string, string>>): Promise<void> => {
  const memory = watchPeakMemory()
  const { name } = await createBackend()
  print(`TensorFlow.js on ${name}`)
  const training = Array.from({ length: Number(buildings) }, (_, i) => office(i))
  const learned = await timed(() => nadi.fit(training, { onProgress: () => memory.sample() }))
  print(
    `global training over ${training.length} buildings x ${DAYS} days: ${seconds(learned)}, peak ${memory.stop().toFixed(0)} MB`,
  )
  const fitted = learned.result
  const newcomer = office(training.length)
  const tuned = await timed(() => nadi.fit([newcomer], { from: fitted }))
  print(`fine-tuning for one building more: ${seconds(tuned)}`)

  const input = { history: newcomer, horizonHours: 24 }
  const past = Array.from({ length: 30 }, (_, i) => ({
    issuedAtMs: START_MS + (DAYS - 31 + i) * 86_400_000,
    quantiles: fitted.predict([input])[0]!,
  }))
  const one = { input, past }
  issueForecasts(fitted, [one])
  const forecasts = await timed(async () => {
    for (let i = 0; i < ROUNDS; i += 1) issueForecasts(fitted, [one])
  })
  print(
    `one building's forecast, 24 hours, calibrated by 30 days: ${(forecasts.ms / ROUNDS).toFixed(1)} ms (${(forecasts.cpuMs / ROUNDS).toFixed(1)} ms of CPU)`,
  )
  const many = await timed(async () =>
    issueForecasts(
      fitted,
      Array.from({ length: MANY }, () => one),
    ),
  )
  print(`${MANY} buildings' forecasts in one call: ${seconds(many)}`)
}

interface Cost<T> {
  result: T
  ms: number
  cpuMs: number
}

const timed = async <T>(work: () => Promise<T>): Promise<Cost<T>> => {
  const before = process.cpuUsage()
  const startMs = performance.now()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return { result, ms: performance.now() - startMs, cpuMs: (user + system) / 1_000 }
}

const seconds = ({ ms, cpuMs }: Cost<unknown>): string =>
  `${(ms / 1_000).toFixed(2)} s (${(cpuMs / 1_000).toFixed(2)} s of CPU)`

const office = (seed: number): HourlySeries => {
  const random = createRandom(seed + 1)
  const size = 5 + 50 * random()
  const values = Float64Array.from({ length: DAYS * 24 }, (_, hour) => {
    const open = Math.floor(hour / 24) % 7 < 5 && hour % 24 >= 8 && hour % 24 < 18
    return Math.max(0, size * (1 + (open ? 2 : 0) + 0.15 * normalFrom(random)))
  })
  return { id: `office-${seed}`, property: 'energy', timeZone: 'Asia/Jakarta', startMs: START_MS, values }
}
