import { globSync } from 'node:fs'
import path from 'node:path'
import { NadiError } from '../../city/errors.ts'
import { mappingFromFlags } from '../../city/mapping/flags.ts'
import { listed } from '../../city/mapping/plan.ts'
import { splitFields } from '../../city/mapping/records.ts'
import { mappingSchema } from '../../city/mapping.ts'
import { firstRecords } from '../../store/table/source.ts'
import { MS_PER_HOUR } from '../series.ts'
import { readReadings } from './readings.ts'

/** Outdoor temperature by the hour, from files with a time and a column whose name says temperature. */
export interface Weather {
  /** Degrees Celsius for `hours` hours from `startMs` on, NaN where unknown. */
  temperatureCelsius(startMs: number, hours: number): Float64Array
}

export interface WeatherOptions {
  /** IANA zone of times without an offset. */
  timeZone: string
  nowMs: number
  signal: AbortSignal
}

const TEMPERATURE_NAME = /temp|t2m|dry.?bulb/i
const FAHRENHEIT_NAME = /degf|°f|fahrenheit|[_ (]f\)?$/i

/**
 * Reads files or patterns (`weather-*.csv.gz`). A name that says Fahrenheit is converted. Throws `invalid-input` when
 * there is no such file or no such column.
 */
export const readWeather = async (patterns: readonly string[], options: WeatherOptions): Promise<Weather> => {
  const hours = new Map<number, { sum: number; count: number }>()
  for (const file of filesOf(patterns)) {
    const { timesMs, values } = await temperatures(file, options)
    timesMs.forEach((timeMs, i) => {
      const hour = Math.floor(timeMs / MS_PER_HOUR)
      const seen = hours.get(hour) ?? { sum: 0, count: 0 }
      hours.set(hour, { sum: seen.sum + (values[i] ?? NaN), count: seen.count + 1 })
    })
  }
  return {
    temperatureCelsius: (startMs, count) =>
      Float64Array.from({ length: count }, (_, i) => {
        const seen = hours.get(Math.floor(startMs / MS_PER_HOUR) + i)
        return seen ? seen.sum / seen.count : NaN
      }),
  }
}

const temperatures = async (file: string, { timeZone, ...options }: WeatherOptions) => {
  const records = await firstRecords(file, 20)
  const name = path.basename(file)
  const base = mappingFromFlags({ building: 'outdoor', property: 'temperature' }, records, name)
  const header = splitFields(records[0] ?? '', base.format).map((cell) => cell.trim())
  const column = header.find((title) => TEMPERATURE_NAME.test(title) && !base.time.columns.includes(title))
  if (column === undefined) {
    throw new NadiError(
      'invalid-input',
      `${name} has no column that says temperature, but ${listed(header)}. Name it "temperature" (degrees Celsius).`,
    )
  }
  const unit = FAHRENHEIT_NAME.test(column) ? '[degF]' : 'Cel'
  const mapping = mappingSchema.parse({
    ...base,
    values: [{ columns: [column], datastream: 'temperature', unit }],
  })
  const { readings } = await readReadings(file, {
    ...options,
    mapping,
    records,
    timeZone,
    wanted: () => true,
    onProgress: () => undefined,
  })
  const [found] = readings
  if (!found)
    throw new NadiError('invalid-input', `${name} holds no temperature. Is its column "${column}" empty?`)
  return found
}

const filesOf = (patterns: readonly string[]): string[] =>
  patterns.flatMap((pattern) => {
    const files = globSync(pattern).sort()
    if (files.length > 0) return files
    throw new NadiError('invalid-input', `There is no file ${pattern}. Check its name.`)
  })
