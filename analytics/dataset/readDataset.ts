import { createHash } from 'node:crypto'
import { accessSync, constants, createReadStream, statSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { NadiError } from '../../city/errors.ts'
import { listed } from '../../city/mapping/plan.ts'
import type { Series } from '../../city/mapping/series.ts'
import { isTimeZone } from '../../city/mapping/wallClock.ts'
import { matchesPattern, type Mapping } from '../../city/mapping.ts'
import { thingOf } from '../../city/names.ts'
import type { ForecastProperty } from '../../store/forecasts.ts'
import type { Finding } from '../../store/table/findings.ts'
import { firstRecords } from '../../store/table/source.ts'
import { measuredHours } from '../measuredHours.ts'
import { type CleanSeries, clean } from './clean.ts'
import { examine, LEAST_HOURS } from './examine.ts'
import { toHourly } from './hourly.ts'
import { readReadings, type SeriesReadings } from './readings.ts'
import { mappingOfFile } from './unmappedFile.ts'
import { readWeather, type Weather } from './weather.ts'

/** The buildings of a file, hourly and cleaned, and what there is to say about the data. */
export interface Dataset {
  series: CleanSeries[]
  findings: Finding[]
  /** SHA-256 of the file as it is, in hexadecimal. */
  fingerprint: string
}

export interface DatasetOptions {
  property: ForecastProperty
  /** Without one the file's own columns say what it holds (see `mappingOfFile`). */
  mapping?: Mapping | undefined
  /** IANA zone of the buildings, and of times without an offset, where the mapping names none. */
  timeZone?: string | undefined
  /** Files or patterns of files with outdoor temperature. */
  weather?: readonly string[] | undefined
  /** Patterns of buildings, by the file's name of them or the path that a mapping gives; without them, all. */
  buildings?: readonly string[] | undefined
  nowMs: number
  signal?: AbortSignal
  /** A sentence for a progress line. */
  onProgress?: (text: string) => void
}

/** Records that tell what a file without a mapping holds. */
const SAMPLE_RECORDS = 50

/**
 * Reads a wide or long CSV, plain or gzip. Throws `invalid-input` for a file that cannot be used at all (no times, no
 * building that fits, daily values), and says what to do; what is wrong with single series is told by findings.
 */
export const readDataset = async (file: string, options: DatasetOptions): Promise<Dataset> => {
  const { property, timeZone = 'UTC', nowMs, signal = new AbortController().signal } = options
  const name = path.basename(file)
  requireReadable(file)
  if (!isTimeZone(timeZone)) {
    throw new NadiError(
      'invalid-input',
      `"${timeZone}" is no time zone. Give an IANA name with --timezone, like "Europe/London".`,
    )
  }
  const records = await firstRecords(file, SAMPLE_RECORDS)
  const mapping = options.mapping ?? mappingOfFile(records, name, property)
  const others = new Set<string>()
  const wanted = (series: Series): boolean => {
    if (series.property !== property) others.add(series.property)
    return series.property === property && fits(series, options.buildings)
  }
  const { readings, findings } = await readReadings(file, {
    mapping,
    records,
    timeZone,
    nowMs,
    signal,
    wanted,
    onProgress: (rows) => options.onProgress?.(`read ${rows} rows of ${name}`),
  })
  if (!options.mapping) requireOneEach(name, findings, readings)
  const zone = mapping.time.zone ?? mapping.timeZone ?? timeZone
  const weather =
    options.weather && options.weather.length > 0
      ? await readWeather(options.weather, { timeZone: zone, nowMs, signal })
      : undefined
  const series = readings.flatMap((each) => {
    const grid = toHourly(each, findings)
    if (!grid) return []
    const { label, timeZone } = each.series
    const temperature = weather && temperatureOf(weather, grid)
    const cleaned = clean({
      id: label,
      property,
      timeZone,
      ...grid,
      ...(temperature && { temperatureCelsius: temperature }),
    })
    findings.push(...examine(cleaned))
    return [cleaned]
  })
  const usable = series.filter(({ truth }) => measuredHours(truth) >= LEAST_HOURS)
  if (weather) findings.push(...weatherUnknown(usable))
  if (usable.length === 0) throw nothingUsable(name, findings, { property, others, options })
  return { series: usable, findings, fingerprint: await fingerprintOf(file) }
}

/** A long table taken for a wide one gives itself away: each time comes once for every building. */
const requireOneEach = (
  name: string,
  findings: readonly Finding[],
  readings: readonly SeriesReadings[],
): void => {
  for (const { code, series, count } of findings) {
    const kept = readings.find((each) => each.series.label === series)?.timesMs.length ?? 0
    if (code !== 'duplicates' || count < kept) continue
    throw new NadiError(
      'invalid-input',
      `${name} has several rows for most times, so each column is not a building. Name the column with the buildings "building" and the one with the values "value", or give a mapping with --mapping. If each is a building and rows came twice by mistake, remove the repeated ones.`,
    )
  }
}

/** Throws `invalid-input` for what is no file that can be read. */
export const requireReadable = (file: string): void => {
  try {
    accessSync(file, constants.R_OK)
    if (statSync(file).isFile()) return
  } catch (cause) {
    throw new NadiError('invalid-input', `${file} cannot be read. Check its name.`, { cause })
  }
  throw new NadiError('invalid-input', `${file} is no file. Give a CSV, plain or gzip.`)
}

const fits = ({ label, datastream }: Series, patterns: readonly string[] | undefined): boolean =>
  patterns === undefined ||
  patterns.some((pattern) => matchesPattern(pattern, label) || matchesPattern(pattern, thingOf(datastream)))

const temperatureOf = (
  weather: Weather,
  { startMs, values }: { startMs: number; values: Float64Array },
): Float64Array | undefined => {
  const temperature = weather.temperatureCelsius(startMs, values.length)
  return temperature.every(Number.isNaN) ? undefined : temperature
}

/** All buildings have the same weather, so the one with most hours without any speaks for them. */
const weatherUnknown = (series: readonly CleanSeries[]): Finding[] => {
  const unknown = series.map(({ series: { temperatureCelsius, values } }) => ({
    hours: values.length,
    count: values.length - (temperatureCelsius ? measuredHours(temperatureCelsius) : 0),
  }))
  const most = unknown.reduce((a, b) => (b.count > a.count ? b : a), { hours: 0, count: 0 })
  if (most.count === 0) return []
  const message =
    most.count === most.hours
      ? 'no outdoor temperature is known for any hour of a building: do the years and --timezone fit? Forecasts go without it'
      : `no outdoor temperature is known for ${most.count} of ${most.hours} hours: forecasts go without it there`
  return [{ code: 'weather-unknown', message, count: most.count }]
}

const nothingUsable = (
  name: string,
  findings: readonly Finding[],
  { property, others, options }: { property: string; others: ReadonlySet<string>; options: DatasetOptions },
): NadiError => {
  const reasons = findings.map(({ series, message }) =>
    series === undefined ? message : `${series}: ${message}`,
  )
  if (reasons.length > 0) {
    const shown = reasons.slice(0, 5).join('. ')
    return new NadiError(
      'invalid-input',
      `${name} holds no series that can be forecast. ${shown}${reasons.length > 5 ? `. And ${reasons.length - 5} more` : ''}.`,
    )
  }
  if (options.buildings) {
    return new NadiError(
      'invalid-input',
      `No building of ${name} fits ${listed(options.buildings)}. Write the name as in the file, with * for any text.`,
    )
  }
  return new NadiError(
    'invalid-input',
    others.size > 0
      ? `${name} holds no ${property}, but ${listed([...others])}. Say --property, or map a column to it.`
      : `${name} holds no readings.`,
  )
}

const fingerprintOf = async (file: string): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
