export interface LocalHour {
  day: number
  hour: number
}

const MS_PER_DAY = 86_400_000

/** The local day and hour in which an instant lies. */
export const localHour = (timeMs: number, timeZone: string): LocalHour => {
  const zoned = Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(timeZone)
  return { day: Math.floor(Date.UTC(zoned.year, zoned.month - 1, zoned.day) / MS_PER_DAY), hour: zoned.hour }
}

/** The instant at which a local day (days since 1970-01-01) begins. */
export const localDayStartMs = (day: number, timeZone: string): number =>
  Temporal.Instant.fromEpochMilliseconds(day * MS_PER_DAY)
    .toZonedDateTimeISO('UTC')
    .toPlainDate()
    .toZonedDateTime(timeZone).epochMilliseconds
