import { html } from 'hono/html'
import { MINIMUM_PEOPLE } from '../../../city/disclosure.ts'
import { HOUR_MS } from '../../../city/partials.ts'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { PeopleDay, PeopleHour } from '../view.ts'
import { ticksFor } from './axis.ts'
import { percentOf } from './hatch.ts'

const TOP_Y = 46
const FLOOR_Y = 196
const PLOT = FLOOR_Y - TOP_Y
/** Share of the width that the scale's numbers have for themselves. */
const GUTTER = 0.095
/** A roof is drawn where people fill at least this share of the capacity; below, it would crush the bars. */
const ROOF_FROM = 0.4

export interface PeopleChartOptions {
  title: string
  day: PeopleDay
  /** Upper end of the scale, shared by the days beside each other. */
  highest: number
  nowMs: number
  /** Forecasts are not drawn while sensors are silent. */
  withheld: boolean
}

/** The largest number that any of these days draws: what their common scale must hold. */
export const highestOf = (days: readonly (PeopleDay | null)[], withheld = false): number => {
  const drawn = (hour: PeopleHour): number => topOf(withheld ? { ...hour, forecast: null } : hour)
  const people = Math.max(MINIMUM_PEOPLE, ...days.flatMap((day) => day?.hours.map(drawn) ?? []))
  const capacity = days.find((day) => day !== null)?.capacity ?? null
  return capacity !== null && people >= capacity * ROOF_FROM ? Math.max(people, capacity) : people
}

/** People of one day as bars: solid measured, hollow forecast with a whisker, hatched without data. Fluid in width. */
export const peopleChart = (format: Format, options: PeopleChartOptions): Html => {
  const { title, day, nowMs, withheld } = options
  const [fromMs, toMs] = shownHours(day)
  const hours = day.hours.filter((hour) => hour.startMs >= fromMs && hour.endMs <= toMs)
  const at = (timeMs: number): number =>
    GUTTER + (1 - GUTTER) * Math.min(1, Math.max(0, (timeMs - fromMs) / (toMs - fromMs)))
  const { ticks, top } = ticksFor(options.highest, { whole: true })
  const y = (people: number): number => Math.round((FLOOR_Y - (people / top) * PLOT) * 10) / 10
  const isToday = nowMs >= day.dayStartMs && nowMs < day.dayStartMs + 25 * HOUR_MS
  return html`<figure class="chart people-chart">
    <h4>${title}</h4>
    <svg width="100%" height="228" role="img" aria-label="${spoken(format, options, hours)}">
      ${ticks.map((tick) => html`<line x1="0" x2="100%" y1="${y(tick)}" y2="${y(tick)}" class="grid" />`)}
      ${hours.map((hour) => bar(hour, at, y, { nowMs, withheld, day }))}
      ${ticks.map((tick) => html`<text x="0" y="${y(tick) - 4}" class="tick tick-halo">${format.number(tick)}</text>`)}
      <line x1="${percentOf(GUTTER)}" x2="100%" y1="${FLOOR_Y}" y2="${FLOOR_Y}" class="floor" />
      ${roof(format, day, at, y, top)} ${best(format, day, at, y, withheld)}
      ${isToday && nowMs >= fromMs && nowMs <= toMs ? nowMark(format, at(nowMs)) : ''}
      ${hourTicks(fromMs, toMs, format)}
    </svg>
  </figure>`
}

/** 06 to 20, wider where the building is open longer, the whole day where it never closes. */
const shownHours = ({ dayStartMs, opening, hours }: PeopleDay): [number, number] => {
  const end = hours.at(-1)?.endMs ?? dayStartMs + 24 * HOUR_MS
  if (opening === 'always') return [dayStartMs, end]
  const usual: [number, number] = [dayStartMs + 6 * HOUR_MS, dayStartMs + 20 * HOUR_MS]
  if (typeof opening !== 'object') return usual
  const floorHour = Math.floor((opening.opensMs - dayStartMs) / HOUR_MS) * HOUR_MS + dayStartMs
  const ceilHour = Math.ceil((opening.closesMs - dayStartMs) / HOUR_MS) * HOUR_MS + dayStartMs
  return [Math.min(usual[0], floorHour), Math.min(end, Math.max(usual[1], ceilHour))]
}

const topOf = ({ measured, forecast }: PeopleHour): number =>
  Math.max(
    typeof measured === 'number' ? measured : 0,
    forecast !== null && forecast !== 'few' ? forecast.high : 0,
  )

const bar = (
  hour: PeopleHour,
  at: (timeMs: number) => number,
  y: (people: number) => number,
  { nowMs, withheld, day }: { nowMs: number; withheld: boolean; day: PeopleDay },
): Html | '' => {
  const width = at(hour.endMs) - at(hour.startMs)
  const x = percentOf(at(hour.startMs) + width * 0.18)
  const rect = (top: number, kind: string): Html =>
    html`<rect
      x="${x}"
      width="${percentOf(width * 0.64)}"
      y="${top}"
      height="${Math.round((FLOOR_Y - top) * 10) / 10}"
      class="${kind}"
    />`
  const few = html`${rect(FLOOR_Y - 6, 'hatch')}${rect(FLOOR_Y - 6, 'post-few')}`
  if (typeof hour.measured === 'number') return rect(y(hour.measured), 'post')
  if (hour.measured === 'few') return few
  const over = hour.endMs <= nowMs
  if (over || withheld) {
    const open =
      typeof day.opening !== 'object' ||
      (hour.endMs > day.opening.opensMs && hour.startMs < day.opening.closesMs)
    return open
      ? html`<rect
          x="${percentOf(at(hour.startMs))}"
          width="${percentOf(width)}"
          y="${TOP_Y}"
          height="${PLOT}"
          class="hatch"
        />`
      : ''
  }
  if (hour.forecast === null) return ''
  if (hour.forecast === 'few') return few
  const middle = percentOf(at(hour.startMs) + width / 2)
  const { low, high, middle: people } = hour.forecast
  return html`${rect(y(people), 'post-forecast')}<line
      x1="${middle}"
      x2="${middle}"
      y1="${y(low)}"
      y2="${y(high)}"
      class="whisker"
    />${[low, high].map((end) => cap(middle, y(end)))}`
}

const cap = (x: string, y: number): Html =>
  html`<rect
    x="${x}"
    y="${y - 0.75}"
    width="8"
    height="1.5"
    transform="translate(-4 0)"
    class="whisker-cap"
  />`

const roof = (
  format: Format,
  { opening, capacity }: PeopleDay,
  at: (timeMs: number) => number,
  y: (people: number) => number,
  top: number,
): Html | '' => {
  if (capacity === null || capacity > top || opening === 'closed' || opening === 'unknown') return ''
  const [from, to] = opening === 'always' ? [GUTTER, 1] : [at(opening.opensMs), at(opening.closesMs)]
  const line = html`<line
    x1="${percentOf(from)}"
    x2="${percentOf(to)}"
    y1="${y(capacity)}"
    y2="${y(capacity)}"
    class="roof"
  />`
  return html`${line}<text x="100%" y="${y(capacity) - 6}" text-anchor="end" class="tick"
      >${format.words('chart.capacity', { people: format.number(capacity) })}</text
    >`
}

const best = (
  format: Format,
  { best, hours }: PeopleDay,
  at: (timeMs: number) => number,
  y: (people: number) => number,
  withheld: boolean,
): Html | '' => {
  if (best === null || withheld) return ''
  const [from, to] = [at(best.startMs), at(best.endMs)]
  if (to <= from) return ''
  const tallest = Math.max(
    0,
    ...hours.filter((hour) => hour.startMs >= best.startMs && hour.endMs <= best.endMs).map(topOf),
  )
  const middle = (from + to) / 2
  const bottom = y(tallest) - 5
  return html`<rect
      x="${percentOf(from)}"
      y="${FLOOR_Y + 1}"
      width="${percentOf(to - from)}"
      height="6"
      class="best"
    /><line
      x1="${percentOf(middle)}"
      x2="${percentOf(middle)}"
      y1="${Math.max(TOP_Y + 18, bottom - 22)}"
      y2="${Math.max(TOP_Y + 22, bottom)}"
      class="best-line"
    /><text
      x="${percentOf(middle)}"
      y="${Math.max(TOP_Y + 14, bottom - 26)}"
      text-anchor="middle"
      class="best-text"
      >${format.words('best.mark')}</text
    >`
}

const nowMark = (format: Format, share: number): Html => {
  const late = share > 0.75
  return html`<line
      x1="${percentOf(share)}"
      x2="${percentOf(share)}"
      y1="10"
      y2="${FLOOR_Y}"
      class="now"
    /><svg x="${percentOf(share)}" y="${FLOOR_Y}" overflow="visible">
      <path d="M0-8l6 8h-12z" class="now-foot" /></svg
    ><text
      x="${percentOf(share)}"
      dx="${late ? -6 : 6}"
      y="18"
      text-anchor="${late ? 'end' : 'start'}"
      class="tick tick-strong"
      >${format.words('chart.now')}</text
    >`
}

const hourTicks = (fromMs: number, toMs: number, format: Format): Html[] => {
  const span = (toMs - fromMs) / HOUR_MS
  const step = span > 16 ? 4 : 2
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => {
    const timeMs = fromMs + index * step * HOUR_MS
    const share = GUTTER + (1 - GUTTER) * ((timeMs - fromMs) / (toMs - fromMs))
    const anchor = share > 0.98 ? 'end' : 'middle'
    const hour = share > 0.98 && span > 23 ? '24' : format.time(timeMs).slice(0, 2)
    return html`<text x="${percentOf(share)}" y="${FLOOR_Y + 22}" text-anchor="${anchor}" class="tick"
      >${hour}</text
    >`
  })
}

const spoken = (
  format: Format,
  { title, withheld }: PeopleChartOptions,
  hours: readonly PeopleHour[],
): string => {
  const { words } = format
  const measured = hours
    .flatMap((hour) => (typeof hour.measured === 'number' ? [{ people: hour.measured, hour }] : []))
    .sort((a, b) => b.people - a.people)[0]
  const forecast = hours
    .flatMap((hour) =>
      hour.measured === null && hour.forecast !== null && hour.forecast !== 'few' && !withheld
        ? [{ people: hour.forecast.middle, hour }]
        : [],
    )
    .sort((a, b) => b.people - a.people)[0]
  const say = (found: { people: number; hour: PeopleHour }) => ({
    people: format.number(found.people),
    time: format.time(found.hour.startMs),
  })
  const peaks = [
    ...(measured ? [words('chart.peakMeasured', say(measured))] : []),
    ...(forecast ? [words('chart.peakForecast', say(forecast))] : []),
  ]
  return words('chart.peopleSpoken', { day: title, peak: peaks.join('; ') || words('chart.noData') })
}
