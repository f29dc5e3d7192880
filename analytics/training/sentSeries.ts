import { type HourlySeries, MS_PER_HOUR, endMs } from '../series.ts'

/** A series as it crosses to another thread, which takes no functions: holidays are listed. */
export interface SentSeries extends Omit<HourlySeries, 'isHoliday'> {
  /** Local days since 1970 that are off by decree, around the span of the series. */
  holidays: number[]
}

const MS_PER_DAY = 24 * MS_PER_HOUR
/** Models look at the calendar some weeks before and days after what they learn from. */
const DAYS_AROUND = 60

export const toSent = ({ isHoliday, ...series }: HourlySeries): SentSeries => {
  const firstDay = Math.floor(series.startMs / MS_PER_DAY) - DAYS_AROUND
  const lastDay = Math.ceil(endMs(series) / MS_PER_DAY) + DAYS_AROUND
  const days = Array.from({ length: lastDay - firstDay + 1 }, (_, i) => firstDay + i)
  const holidays = isHoliday ? days.filter((day) => isHoliday(day)) : []
  return { ...series, holidays }
}

export const fromSent = ({ holidays, ...series }: SentSeries): HourlySeries => {
  const days = new Set(holidays)
  return { ...series, isHoliday: (localDay) => days.has(localDay) }
}
