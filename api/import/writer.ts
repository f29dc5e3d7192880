import type { FileReading } from '../../city/mapping/readRow.ts'
import type { Series } from '../../city/mapping/series.ts'
import { refusedReasons } from '../../store/pointsRefused.ts'
import type { ApiContext } from '../context.ts'
import { declareSeries } from './declare.ts'
import { createFileDays } from './fileDays.ts'
import type { Finding } from '../../store/table/findings.ts'
import { createKnownTimes } from './knownTimes.ts'
import { createSeriesHealth, type SeriesHealth } from './seriesHealth.ts'
import type { Summary } from './summary.ts'

/** Takes an import's readings to the store and watches them on their way. */
export interface Writer {
  /** Resolves when the batch is durable and counted. One call at a time, in the file's order. */
  write(batch: readonly FileReading[]): Promise<void>
  /** Declares the steps that were seen, and hands what was noticed to the summary. */
  finish(): void
}

interface Known {
  id: number
  health: SeriesHealth
  differing: { count: number; firstLine: number }
}

/** A writer for one import. */
export const createWriter = (
  {
    city,
    catalogue,
    observations,
    intake,
  }: Pick<ApiContext, 'city' | 'catalogue' | 'observations' | 'intake'>,
  summary: Summary,
): Writer => {
  const known = new Map<Series, Known>()
  const times = createKnownTimes(observations)
  const days = createFileDays()
  const clock = { gap: nothing(), repeat: nothing() }

  const meet = async (series: readonly Series[]): Promise<void> => {
    if (series.length === 0) return
    const { datastreams, created, findings } = declareSeries(catalogue, series, city.timeZone)
    summary.create(...created)
    summary.find(...findings)
    series.forEach((one, index) => {
      const id = datastreams[index]?.id ?? 0
      known.set(one, { id, health: createSeriesHealth(one.datastream, one.property), differing: nothing() })
    })
    await times.meet(datastreams.map(({ id }) => id))
  }

  const watch = ({ health }: Known, readings: readonly FileReading[]): void => {
    for (const { timeMs, value, line, change } of readings) {
      health.add(timeMs, value, line)
      days.add(timeMs, line)
      if (change !== 'none') note(clock[change], line)
    }
  }

  /** Counts what is new of one series and returns the readings that change nothing and need not be written. */
  const sort = async (one: Known, readings: readonly FileReading[]) => {
    const before = await times.before(one.id, readings)
    const needless: FileReading[] = []
    if (before.size === 0 && ascending(readings)) return { stored: readings.length, needless }
    const seen = new Map<number, number>()
    let stored = 0
    for (const reading of readings) {
      const { timeMs, value, line } = reading
      const earlier = seen.get(timeMs) ?? before.get(timeMs)
      seen.set(timeMs, value)
      if (earlier === undefined) stored += 1
      else if (earlier === value) needless.push(reading)
      else note(one.differing, line)
    }
    return { stored, needless }
  }

  /** Answers the readings that the store will never take, each rejected with its line. */
  const append = async (readings: readonly FileReading[]): Promise<ReadonlySet<FileReading>> => {
    try {
      await intake.append(readings.map(({ datastream, timeMs, value }) => ({ datastream, timeMs, value })))
      return new Set()
    } catch (error) {
      const reasons = refusedReasons(error)
      if (reasons === undefined) throw error
      return new Set(
        readings.filter((reading, index) => {
          const reason = reasons.get(index)
          if (reason === undefined) return false
          summary.reject({ line: reading.line, series: reading.datastream, reason })
          return true
        }),
      )
    }
  }

  return {
    async write(batch) {
      const bySeries = Map.groupBy(batch, ({ series }) => series)
      await meet([...bySeries.keys()].filter((series) => !known.has(series)))
      const skipped = new Set<FileReading>()
      const appended: { one: Known; readings: readonly FileReading[] }[] = []
      let stored = 0
      for (const [series, readings] of bySeries) {
        const one = known.get(series)
        if (!one) continue
        const sorted = await sort(one, readings)
        stored += sorted.stored
        for (const reading of sorted.needless) skipped.add(reading)
        appended.push({ one, readings })
        watch(one, readings)
      }
      const refused = await append(batch.filter((reading) => !skipped.has(reading)))
      for (const { one, readings } of appended) {
        times.added(one.id, refused.size > 0 ? readings.filter((reading) => !refused.has(reading)) : readings)
      }
      stored = Math.max(stored - refused.size, 0)
      summary.addStored(stored)
      summary.addRepeated(batch.length - stored - refused.size)
    },
    finish() {
      catalogue.transaction(() => {
        for (const [{ datastream }, { health }] of known) {
          const intervalSeconds = health.intervalSeconds()
          if (intervalSeconds !== null) catalogue.datastreams.declare({ path: datastream, intervalSeconds })
        }
      })
      summary.find(...days.findings(), ...clockFindings(clock))
      for (const [{ datastream }, { health, differing }] of known) {
        summary.find(...health.findings())
        if (differing.count > 0) {
          summary.find({
            code: 'differing-repeats',
            series: datastream,
            message: 'readings came again with another value: the last holds',
            ...differing,
          })
        }
      }
    },
  }
}

interface Noted {
  count: number
  firstLine: number
}

const nothing = (): Noted => ({ count: 0, firstLine: 0 })

const note = (noted: Noted, line: number): void => {
  noted.firstLine = noted.count === 0 ? line : Math.min(noted.firstLine, line)
  noted.count += 1
}

const ascending = (readings: readonly FileReading[]): boolean =>
  readings.every(({ timeMs }, index) => index === 0 || timeMs > (readings[index - 1]?.timeMs ?? timeMs))

const clockFindings = ({ gap, repeat }: { gap: Noted; repeat: Noted }): Finding[] => [
  ...(gap.count > 0
    ? [
        {
          code: 'clock-gap',
          message:
            'readings at times that clocks skipped when they went forward: moved on by the skipped time',
          ...gap,
        },
      ]
    : []),
  ...(repeat.count > 0
    ? [
        {
          code: 'clock-repeat',
          message: 'readings in an hour that clocks went through twice: told apart by their order',
          ...repeat,
        },
      ]
    : []),
]
