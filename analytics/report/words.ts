/** Figures as people read them. */
export const percent = (value: number, digits = 1): string => `${value.toFixed(digits)} %`

export const share = (value: number): string => percent(100 * value)

/** Three significant digits, none of them in exponents. */
export const figure = (value: number | null): string =>
  value === null ? '–' : Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString()

export const date = (timeMs: number, timeZone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(timeZone).toPlainDate().toString()
