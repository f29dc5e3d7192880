import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import path from 'node:path'
import type { BuildingWindows } from '../../analytics/backtest/windows.ts'
import { localHour } from '../../analytics/localTime.ts'
import { MS_PER_HOUR } from '../../analytics/series.ts'

/** Writes what the peers read: the cleaned hours of each building and the windows of the protocol. */
export const writePeerInput = async (folder: string, windows: readonly BuildingWindows[]): Promise<void> => {
  const asked = windows.filter(({ issuedAtMs }) => issuedAtMs.length > 0)
  await pipeline(
    function* () {
      yield 'building,time_ms,local_day,local_hour,weekday,value,truth,temperature\n'
      for (const { building } of asked) yield hoursOf(building)
    },
    createWriteStream(path.join(folder, 'hours.csv')),
  )
  await pipeline(
    function* () {
      yield 'building,issue_ms,local_day,cutoff_day\n'
      for (const { building, issuedAtMs, cutoffMs } of asked) {
        const { id, timeZone } = building.series
        const cutoff = localHour(cutoffMs, timeZone).day
        yield issuedAtMs
          .map((timeMs) => `${quoted(id)},${timeMs},${localHour(timeMs, timeZone).day},${cutoff}\n`)
          .join('')
      }
    },
    createWriteStream(path.join(folder, 'windows.csv')),
  )
}

const hoursOf = ({ series, truth }: BuildingWindows['building']): string => {
  const { id, startMs, timeZone, values, temperatureCelsius } = series
  return Array.from(values, (value, hour) => {
    const timeMs = startMs + hour * MS_PER_HOUR
    const local = localHour(timeMs, timeZone)
    // 1970-01-01 was a Thursday; 1 is Monday.
    const weekday = ((local.day + 3) % 7) + 1
    const numbers = [value, truth[hour] ?? NaN, temperatureCelsius?.[hour] ?? NaN].map((number) =>
      Number.isNaN(number) ? '' : number,
    )
    return `${quoted(id)},${timeMs},${local.day},${local.hour},${weekday},${numbers.join(',')}\n`
  }).join('')
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
