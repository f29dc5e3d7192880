import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { PassThrough } from 'node:stream'
import { createGzip } from 'node:zlib'
import { MS_PER_HOUR } from '../series.ts'
import { QUANTILES } from '../../store/forecasts.ts'
import type { IssuedForecast } from './backtest.ts'

/** All forecasts of a backtest as CSV, a row for each hour, from which every metric follows. */
export interface PredictionsFile {
  write(forecast: IssuedForecast): Promise<void>
  close(): Promise<void>
}

/** The columns of a predictions file, in order. */
export const PREDICTION_COLUMNS = [
  'model',
  'building',
  'issue_time',
  'target_time',
  ...QUANTILES.map((level) => `q${Math.round(level * 100)}`),
  'truth',
]

/** Digits kept of each number: a metric of the file equals the one of the run to about as many. */
const DIGITS = 9

/** Times are UTC; a truth that was not measured is empty. A name that ends in `.gz` is packed. */
export const createPredictionsFile = (file: string): PredictionsFile => {
  const lines = new PassThrough()
  const out = createWriteStream(file)
  const written = file.endsWith('.gz') ? pipeline(lines, createGzip(), out) : pipeline(lines, out)
  // Told by `close`; until then a failure must not count as unhandled.
  written.catch(() => undefined)
  lines.write(`${PREDICTION_COLUMNS.join(',')}\n`)
  return {
    async write({ model, building, issuedAtMs, quantiles, truth }) {
      const start = `${quoted(model)},${quoted(building)},${isoTime(issuedAtMs)}`
      const rows = Array.from(truth, (value, hour) => {
        const numbers = Array.from(quantiles.subarray(hour * 9, hour * 9 + 9), shown)
        return `${start},${isoTime(issuedAtMs + hour * MS_PER_HOUR)},${numbers.join(',')},${shown(value)}\n`
      })
      if (!lines.write(rows.join(''))) await Promise.race([once(lines, 'drain'), written])
    },
    async close() {
      lines.end()
      await written
    },
  }
}

const shown = (value: number): string =>
  Number.isNaN(value) ? '' : String(Number(value.toPrecision(DIGITS)))

const isoTime = (timeMs: number): string => new Date(timeMs).toISOString().replace('.000Z', 'Z')

const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
