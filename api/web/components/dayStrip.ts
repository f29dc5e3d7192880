import { html } from 'hono/html'
import { HOUR_MS } from '../../../city/partials.ts'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { PeopleDay, PeopleHour } from '../view.ts'
import { percentOf } from './hatch.ts'

const FIRST_HOUR = 6
const LAST_HOUR = 20
const SPAN_HOURS = LAST_HOUR - FIRST_HOUR

/** Pixels from the top: roof (capacity), floor (nobody), and what hangs below. */
const ROOF_Y = 18
const FLOOR_Y = 62
const SCALE_Y = FLOOR_Y - ROOF_Y
/** A post fills this share of its hour. */
const POST = 0.62

export interface StripOptions {
  name: string
  day: PeopleDay
  nowMs: number
  /** `old`: nothing measured up to now; `silent`: forecast withheld until closing. */
  state: 'measured' | 'old' | 'silent'
}

/**
 * One day as posts under a roof, 06 to 20. The roof is the capacity and spans the opening hours; measured posts are
 * solid, forecast ones hollow with a whisker; no data is hatched; best hours are marked under the floor. Fluid: x in
 * percent, y in pixels, so that text is never scaled.
 */
export const dayStrip = (format: Format, options: StripOptions): Html => {
  const { day, nowMs } = options
  const startMs = day.dayStartMs + FIRST_HOUR * HOUR_MS
  const endMs = day.dayStartMs + LAST_HOUR * HOUR_MS
  const at = (timeMs: number): number => Math.min(1, Math.max(0, (timeMs - startMs) / (endMs - startMs)))
  const hours = day.hours.filter((hour) => hour.startMs >= startMs && hour.endMs <= endMs)
  const capacity = day.capacity ?? Math.max(1, ...hours.map(topOf))
  const heightOf = (people: number): number => Math.max(2, Math.min(1.15, people / capacity) * SCALE_Y)
  return html`<svg
    class="strip"
    width="100%"
    height="84"
    role="img"
    aria-label="${spoken(format, options, hours)}"
  >
    ${hatched(options, hours).map(
      ([fromMs, toMs]) =>
        html`<rect
          x="${percentOf(at(fromMs))}"
          y="${ROOF_Y}"
          width="${percentOf(at(toMs) - at(fromMs))}"
          height="${SCALE_Y}"
          class="hatch"
        />`,
    )}
    ${hours.map((hour) => post(hour, at(hour.startMs), heightOf, options))}
    <line x1="0" x2="100%" y1="${FLOOR_Y}" y2="${FLOOR_Y}" class="floor" />
    ${roof(format, day, at, options)}
    ${
      day.best && options.state !== 'silent' && day.best.startMs >= startMs && day.best.startMs < endMs
        ? html`<rect
            x="${percentOf(at(day.best.startMs))}"
            y="${FLOOR_Y + 1}"
            width="${percentOf(at(day.best.endMs) - at(day.best.startMs))}"
            height="6"
            class="best"
          />`
        : ''
    }
    ${nowMs >= startMs && nowMs <= endMs ? html`<line x1="${percentOf(at(nowMs))}" x2="${percentOf(at(nowMs))}" y1="6" y2="${FLOOR_Y + 5}" class="now" />` : ''}
    <g class="strip-hours">${stripHours('82')}</g>
  </svg>`
}

/** The hours over the column of strips, where each strip need not repeat them. */
export const stripHeader = (): Html =>
  html`<svg class="strip-header" width="100%" height="18" aria-hidden="true">${stripHours('13')}</svg>`

const stripHours = (y: string): Html[] =>
  Array.from(
    { length: SPAN_HOURS / 2 + 1 },
    (_, index) =>
      html`<text x="${percentOf((index * 2) / SPAN_HOURS)}" y="${y}" text-anchor="middle" class="tick"
        >${String(FIRST_HOUR + index * 2).padStart(2, '0')}</text
      >`,
  )

const topOf = (hour: PeopleHour): number =>
  Math.max(
    typeof hour.measured === 'number' ? hour.measured : 0,
    hour.forecast !== null && hour.forecast !== 'few' ? hour.forecast.high : 0,
  )

const post = (
  hour: PeopleHour,
  start: number,
  heightOf: (people: number) => number,
  { nowMs, state, day: { opening } }: StripOptions,
): Html | '' => {
  const x = percentOf(start + (1 - POST) / 2 / SPAN_HOURS)
  const width = percentOf(POST / SPAN_HOURS)
  const bar = (height: number, kind: string): Html =>
    html`<rect
      x="${x}"
      y="${Math.round((FLOOR_Y - height) * 10) / 10}"
      width="${width}"
      height="${Math.round(height * 10) / 10}"
      class="${kind}"
    />`
  if (typeof hour.measured === 'number') return bar(heightOf(hour.measured), 'post')
  const few = html`${bar(5, 'hatch')}${bar(5, 'post-few')}`
  if (hour.measured === 'few') return few
  if (hour.endMs <= nowMs || state === 'silent' || hour.forecast === null || !isOpen(hour, opening)) return ''
  if (hour.forecast === 'few') return few
  const middle = percentOf(start + 0.5 / SPAN_HOURS)
  const { low, middle: people, high } = hour.forecast
  const [lowY, highY] = [FLOOR_Y - heightOf(low), FLOOR_Y - heightOf(high)]
  return html`${bar(heightOf(people), 'post-forecast')}<line
      x1="${middle}"
      x2="${middle}"
      y1="${lowY.toFixed(1)}"
      y2="${highY.toFixed(1)}"
      class="whisker"
    />`
}

/** Nobody is told to come when it is closed. */
const isOpen = (hour: PeopleHour, opening: PeopleDay['opening']): boolean =>
  typeof opening === 'object'
    ? hour.endMs > opening.opensMs && hour.startMs < opening.closesMs
    : opening !== 'closed'

/** Stretches without data, from one time to another, within opening hours where those are known. */
const hatched = ({ day, nowMs, state }: StripOptions, hours: readonly PeopleHour[]): [number, number][] => {
  const opening = typeof day.opening === 'object' ? day.opening : undefined
  const fromMs = opening?.opensMs ?? hours[0]?.startMs ?? 0
  const toMs = opening?.closesMs ?? hours.at(-1)?.endMs ?? 0
  const untilMs = state === 'silent' ? toMs : Math.min(nowMs, toMs)
  const stretches: [number, number][] = []
  for (const hour of hours) {
    const start = Math.max(hour.startMs, fromMs)
    const end = Math.min(hour.endMs, untilMs)
    const current = hour.startMs <= nowMs && nowMs < hour.endMs && state === 'measured'
    if (hour.measured !== null || current || end <= start) continue
    const last = stretches.at(-1)
    if (last && last[1] === start) last[1] = end
    else stretches.push([start, end])
  }
  return stretches
}

const roof = (
  format: Format,
  { opening, capacity }: PeopleDay,
  at: (timeMs: number) => number,
  options: StripOptions,
): Html | '' => {
  if (opening === 'closed') {
    return html`<text x="100%" y="12" text-anchor="end" class="tick"
      >${format.words('hours.closed').toLowerCase()}</text
    >`
  }
  if (capacity === null || opening === 'unknown') return ''
  if (opening === 'always') return html`<line x1="0" x2="100%" y1="${ROOF_Y}" y2="${ROOF_Y}" class="roof" />`
  const closing = at(opening.closesMs)
  const nearNow = Math.abs(at(options.nowMs) - closing) < 0.25 && closing < 0.9
  return html`<line
      x1="${percentOf(at(opening.opensMs))}"
      x2="${percentOf(closing)}"
      y1="${ROOF_Y}"
      y2="${ROOF_Y}"
      class="roof"
    /><text x="${percentOf(nearNow ? 1 : closing)}" y="12" text-anchor="end" class="tick"
      >${format.words('hours.closesAt', { time: format.time(opening.closesMs) })}</text
    >`
}

const spoken = (format: Format, { name, day, state }: StripOptions, hours: readonly PeopleHour[]): string => {
  const { words } = format
  const busiest = (of: (hour: PeopleHour) => number): PeopleHour | undefined =>
    hours.filter((hour) => of(hour) > 0).sort((a, b) => of(b) - of(a))[0]
  const measuredOf = (hour: PeopleHour): number => (typeof hour.measured === 'number' ? hour.measured : 0)
  const forecastOf = (hour: PeopleHour): number =>
    hour.forecast !== null && hour.forecast !== 'few' && state !== 'silent' ? hour.forecast.middle : 0
  const measured = busiest(measuredOf)
  const forecast = busiest(forecastOf)
  const peak = (hour: PeopleHour, people: number) => ({
    people: format.number(people),
    time: format.time(hour.startMs),
  })
  return words('strip.spoken', {
    name,
    from: format.clock(FIRST_HOUR * 60),
    to: format.clock(LAST_HOUR * 60),
    measured: measured
      ? words('strip.spokenMeasured', peak(measured, measuredOf(measured)))
      : words('strip.spokenNothing'),
    forecast: forecast
      ? words('strip.spokenForecast', peak(forecast, forecastOf(forecast)))
      : words('strip.spokenNoForecast'),
    best:
      day.best && state !== 'silent'
        ? words('strip.spokenBest', { hours: format.hours(day.best.startMs, day.best.endMs) })
        : '',
  }).trim()
}
