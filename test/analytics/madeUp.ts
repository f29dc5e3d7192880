import { type HourlySeries, MS_PER_HOUR } from '../../analytics/series.ts'
import { createRandom, normalFrom } from '../../analytics/training/random.ts'

/** Monday 2024-01-01 in UTC. */
export const MONDAY_MS = Date.UTC(2024, 0, 1)

export interface MadeUpOptions {
  id?: string
  days?: number
  seed?: number
  /** Standard deviation of what nobody can foresee, beside a working day's rise of 10. */
  noise?: number
  timeZone?: string
  isHoliday?: HourlySeries['isHoliday']
}

/** Energy of an office that does not exist: 5 kWh at night, 15 by day on working days, noise of a day's length on top. */
export const madeUpOffice = ({
  id = 'office',
  days = 120,
  seed = 7,
  noise = 0.5,
  timeZone = 'UTC',
  isHoliday,
}: MadeUpOptions = {}): HourlySeries => {
  const random = createRandom(seed)
  let drift = 0
  const values = Float64Array.from({ length: days * 24 }, (_, hour) => {
    const day = Math.floor(MONDAY_MS / 86_400_000) + Math.floor(hour / 24)
    const works = (day + 3) % 7 < 5 && !isHoliday?.(day)
    const open = works && hour % 24 >= 8 && hour % 24 < 18
    drift = 0.95 * drift + noise * 0.3 * normalFrom(random)
    return Math.max(0, 5 + (open ? 10 : 0) + drift + noise * normalFrom(random))
  })
  return {
    id,
    property: 'energy',
    timeZone,
    startMs: MONDAY_MS,
    values,
    ...(isHoliday && { isHoliday }),
  }
}

/** The same series with all hours from `hour` on changed beyond recognition. */
export const changedFrom = (series: HourlySeries, hour: number): HourlySeries => ({
  ...series,
  values: series.values.map((value, i) => (i < hour ? value : 1_000 + 37 * (i % 11))),
})

export const msOfHour = (series: HourlySeries, hour: number): number => series.startMs + hour * MS_PER_HOUR
