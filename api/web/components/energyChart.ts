import { html } from 'hono/html'
import { HOUR_MS } from '../../../city/partials.ts'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { EnergyHour, EnergyView } from '../view.ts'
import { ticksFor } from './axis.ts'
import { percentOf } from './hatch.ts'
import { numbersTable } from './numbersTable.ts'
import { rangeWords } from './peopleWords.ts'

const TOP_Y = 34
const FLOOR_Y = 234
const PLOT = FLOOR_Y - TOP_Y
/** Units of the stretched drawing that holds lines and bands; their strokes keep their width. */
const SPAN = 1000

/**
 * Electricity of today and tomorrow: solid line measured, dashed line forecast, a tinted band that holds 8 times in
 * 10; a gap breaks the line and is hatched. Lines live in a stretched drawing, words outside it, so it is sent once.
 */
export const energyChart = (format: Format, energy: EnergyView, nowMs: number): Html => {
  const { hours, todayMs, endMs, tomorrowMs } = energy
  const highest = Math.max(
    1,
    ...hours.flatMap(({ measured, forecast }) => [measured ?? 0, forecast?.high ?? 0]),
  )
  const { ticks, top, decimals } = ticksFor(highest * 1.04)
  const at = (timeMs: number): number => (timeMs - todayMs) / (endMs - todayMs)
  const y = (kwh: number): number => FLOOR_Y - (kwh / top) * PLOT
  const x = (hour: EnergyHour): number => Math.round(at((hour.startMs + hour.endMs) / 2) * SPAN * 10) / 10
  const point = (hour: EnergyHour, kwh: number): string => `${x(hour)} ${(y(kwh) - TOP_Y).toFixed(1)}`
  const measured = runs(hours, (hour) => hour.measured !== null)
  const lastMeasured = hours.findLast((hour) => hour.measured !== null)
  const ahead = hours.filter((hour) => hour.forecast !== null && hour.measured === null && hour.endMs > nowMs)
  return html`<figure class="chart energy-chart">
    <svg width="100%" height="296" role="img" aria-label="${spoken(format, energy)}">
      ${gaps(hours, nowMs).map(([from, to]) => html`<rect x="${percentOf(at(from))}" width="${percentOf(at(to) - at(from))}" y="${TOP_Y}" height="${PLOT}" class="hatch" />`)}
      <svg
        y="${TOP_Y}"
        width="100%"
        height="${PLOT}"
        viewBox="0 0 ${SPAN} ${PLOT}"
        preserveAspectRatio="none"
        aria-hidden="true"
        overflow="visible"
      >
        ${runs(hours, (hour) => hour.forecast !== null).map((run) => {
          const upper = run.map((hour) => point(hour, hour.forecast?.high ?? 0))
          const lower = run.map((hour) => point(hour, hour.forecast?.low ?? 0))
          return html`<path d="M${upper.join('L')}L${lower.toReversed().join('L')}z" class="band" /><path
              d="M${upper.join('L')}M${lower.join('L')}"
              class="band-edge"
            />`
        })}
        ${measured.map((run) => html`<path d="M${run.map((hour) => point(hour, hour.measured ?? 0)).join('L')}${run.length === 1 ? 'h0' : ''}" class="line" />`)}
        ${ahead.length === 0 ? '' : html`<path d="M${[...(lastMeasured && ahead[0]?.startMs === lastMeasured.endMs ? [point(lastMeasured, lastMeasured.measured ?? 0)] : []), ...ahead.map((hour) => point(hour, hour.forecast?.middle ?? 0))].join('L')}" class="line-forecast" />`}
      </svg>
      ${ticks.map((tick) => html`<line x1="0" x2="100%" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" class="grid" /><text x="0" y="${(y(tick) - 4).toFixed(1)}" class="tick tick-halo">${format.number(tick, decimals, decimals)}</text>`)}
      <line
        x1="${percentOf(at(tomorrowMs))}"
        x2="${percentOf(at(tomorrowMs))}"
        y1="${TOP_Y}"
        y2="${FLOOR_Y + 44}"
        class="midnight"
      />
      <line x1="0" x2="100%" y1="${FLOOR_Y}" y2="${FLOOR_Y}" class="floor" />
      ${peak(format, energy, at, y)} ${nowMarks(format, energy, at(nowMs), nowMs, ahead.length > 0)}
      ${[0, 1].flatMap((day) => [6, 12, 18].map((hour) => html`<text x="${percentOf(at((day === 0 ? todayMs : tomorrowMs) + hour * HOUR_MS))}" y="${FLOOR_Y + 20}" text-anchor="middle" class="tick">${String(hour).padStart(2, '0')}</text>`))}
      <text x="0" y="${FLOOR_Y + 42}" class="tick tick-strong">${format.words('chart.today')}</text>
      <text x="${percentOf(at(tomorrowMs))}" dx="7" y="${FLOOR_Y + 42}" class="tick tick-strong">
        ${format.words('chart.tomorrow', { date: format.briefDate(tomorrowMs) })}
      </text>
    </svg>
  </figure>`
}

/** Neighbouring hours that hold, in runs. */
const runs = (hours: readonly EnergyHour[], holds: (hour: EnergyHour) => boolean): EnergyHour[][] => {
  const found: EnergyHour[][] = []
  for (const [index, hour] of hours.entries()) {
    if (!holds(hour)) continue
    const before = hours[index - 1]
    const last = found.at(-1)
    if (last && before && holds(before)) last.push(hour)
    else found.push([hour])
  }
  return found
}

/** Full hours without data, from the first to now, joined. */
const gaps = (hours: readonly EnergyHour[], nowMs: number): [number, number][] =>
  runs(hours, (hour) => hour.measured === null && hour.endMs <= nowMs).flatMap((run) => {
    const [first, last] = [run[0], run.at(-1)]
    return first && last ? [[first.startMs, last.endMs]] : []
  })

/** The one annotation: tomorrow's peak, as the interval that it is. */
const peak = (
  format: Format,
  { hours, tomorrowMs }: EnergyView,
  at: (timeMs: number) => number,
  y: (kwh: number) => number,
): Html | '' => {
  const highest = hours
    .filter((hour) => hour.startMs >= tomorrowMs && hour.forecast !== null)
    .sort((a, b) => (b.forecast?.high ?? 0) - (a.forecast?.high ?? 0))[0]
  if (!highest?.forecast) return ''
  const share = at((highest.startMs + highest.endMs) / 2)
  const text = format.words('chart.peak', {
    low: format.number(highest.forecast.low),
    high: format.number(highest.forecast.high),
  })
  const anchor = share > 0.85 ? 'end' : 'middle'
  return html`<text
    x="${percentOf(share)}"
    y="${Math.max(TOP_Y - 4, y(highest.forecast.high) - 8).toFixed(1)}"
    text-anchor="${anchor}"
    class="tick tick-strong tick-halo"
    >${text}</text
  >`
}

const nowMarks = (
  format: Format,
  energy: EnergyView,
  share: number,
  nowMs: number,
  forecast: boolean,
): Html => {
  const x = percentOf(share)
  const { words } = format
  const since = words('chart.forecastSince', { time: format.time(energy.forecastSinceMs ?? nowMs) })
  return html`<line x1="${x}" x2="${x}" y1="6" y2="${FLOOR_Y}" class="now" /><svg
      x="${x}"
      y="${FLOOR_Y}"
      overflow="visible"
      aria-hidden="true"
    >
      <path d="M0-8l6 8h-12z" class="now-foot" />
    </svg>
    ${energy.measuredUntilMs === null || share < 0.12 ? '' : html`<text x="${x}" dx="-6" y="16" text-anchor="end" class="series">${words('chart.measured')}</text>`}
    ${forecast ? html`<text x="${x}" dx="6" y="16" class="series">${since}</text>` : ''}`
}

const spoken = (format: Format, { todayKwh, tomorrowKwh }: EnergyView): string =>
  format.words('chart.energySpoken', {
    today: todayKwh === null ? '–' : format.number(todayKwh),
    tomorrow: tomorrowKwh
      ? format.words('energy.interval', {
          low: format.number(tomorrowKwh.low),
          high: format.number(tomorrowKwh.high),
        })
      : format.words('chart.energySpokenNoForecast'),
  })

/** The same hours as a table. */
export const energyTable = (format: Format, energy: EnergyView): Html => {
  const { words } = format
  return numbersTable(format, {
    id: 'energy-numbers',
    caption: words('energy.axis'),
    head: [
      words('chart.hour'),
      words('chart.tableMeasured'),
      words('chart.tableForecast'),
      words('chart.tableInterval'),
    ],
    rows: energy.hours.map((hour) => {
      const day = hour.startMs < energy.tomorrowMs ? words('chart.today') : format.shortDate(hour.startMs)
      return [
        `${day} ${format.hours(hour.startMs, hour.endMs)}`,
        hour.measured === null ? '–' : format.number(hour.measured, 1),
        hour.forecast === null ? '–' : format.number(hour.forecast.middle, 1),
        hour.forecast === null ? '–' : rangeWords(format, hour.forecast, 1),
      ]
    }),
  })
}
