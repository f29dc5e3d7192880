import { html } from 'hono/html'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { BuildingView } from '../view.ts'
import { doubtSign } from './doubtSign.ts'
import { energyChart, energyTable } from './energyChart.ts'
import { ikeRuler } from './ikeRuler.ts'
import { NO_NUMBER, numeral } from './number.ts'

/** Electricity: today so far and what it costs, tomorrow's total, the energy class, and both days as a line. */
export const energySection = (format: Format, view: BuildingView): Html => {
  const { words } = format
  const { energy, nowMs } = view
  const lastMs = view.sources.find(({ property }) => property === 'energy')?.latestMs ?? null
  if (energy === null) {
    return html`<section class="split" aria-labelledby="energy-title">
      <h2 id="energy-title">${words('energy.title')}</h2>
      <p class="split-facts">
        ${lastMs === null ? words('energy.none') : words('energy.oldSince', { last: format.last(lastMs, nowMs) })}
      </p>
    </section>`
  }
  return html`<section class="split" aria-labelledby="energy-title">
    <h2 id="energy-title">${words('energy.title')}</h2>
    <div class="split-facts">
      <dl class="ledger ledger-small">${totals(format, view)}</dl>
      ${energyClass(format, view)}
    </div>
    <div class="split-chart">
      ${doubtSign(format, view, 'energy')}
      <p class="axis-title">${words('energy.axis')}</p>
      ${energyChart(format, energy, nowMs)}
      <p class="note">
        ${words('energy.note')}${energy.missingHours === 0 ? '' : ` ${words('energy.gaps')}`}
        ${view.forecast?.coldStart ? html`<strong>${words('about.coldStart')}</strong>` : ''}
      </p>
      ${energyTable(format, energy)}
    </div>
  </section>`
}

const totals = (format: Format, { energy, nowMs, tariffRupiahPerKwh }: BuildingView): Html => {
  const { words } = format
  const today = energy?.todayKwh ?? null
  const until = energy?.measuredUntilMs ?? nowMs
  const missing = energy?.missingHours ?? 0
  const cost =
    today === null
      ? words('answer.noData')
      : words('energy.cost', { cost: format.number(roundedCost(today * tariffRupiahPerKwh)) })
  const tomorrow = energy?.tomorrowKwh ?? null
  return html`<div>
      <dt>${words('energy.todayUntil', { time: format.time(until) })}</dt>
      <dd class="ledger-number">${number(format, today)}</dd>
      <dd class="ledger-words">
        ${cost}${missing === 0 || today === null ? '' : `; ${words('energy.missing', { count: missing })}`}
      </dd>
    </div>
    <div>
      <dt>${words('energy.tomorrow')}</dt>
      <dd class="ledger-number">${number(format, tomorrow?.middle ?? null)}</dd>
      <dd class="ledger-words">
        ${tomorrow ? words('energy.interval', { low: format.number(tomorrow.low), high: format.number(tomorrow.high) }) : words('energy.noForecast')}
      </dd>
    </div>`
}

const number = (format: Format, kwh: number | null): Html =>
  kwh === null
    ? numeral(NO_NUMBER, { size: 'ledger', state: 'none' })
    : numeral(format.number(kwh), { unit: 'kWh', size: 'ledger' })

/** Three figures of a price: more would claim what a tariff without its surcharges cannot say. */
const roundedCost = (rupiah: number): number => {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(rupiah, 1))) - 2)
  return Math.round(rupiah / step) * step
}

const energyClass = (format: Format, view: BuildingView): Html => {
  const { words } = format
  const { building, areaSquareMetres } = view
  const title = html`<h3 class="small-title">${words('ike.title')}</h3>`
  if (building.ike === null) {
    return html`<div class="ike-block">
      ${title}
      <p class="note">${words(areaSquareMetres === null ? 'ike.noArea' : 'ike.none')}</p>
    </div>`
  }
  const { ike } = building
  return html`<div class="ike-block">
    ${title}
    <p class="ike-number">
      ${numeral(format.number(ike.value, 1, 1), { unit: words('ike.unit'), size: 'ledger' })}<span
        class="level"
        >${words(`ike.${ike.class}`)}</span
      >
    </p>
    ${ikeRuler(format, ike)}
    <p class="note">
      ${words(ike.airConditioned ? 'ike.source' : 'ike.sourceNatural')}
      ${words('ike.measured', { share: format.percent(ike.measuredShare) })}
    </p>
    ${doubtSign(format, view, 'class')}
  </div>`
}
