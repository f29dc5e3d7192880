import { html } from 'hono/html'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { BuildingView, DataSource } from '../view.ts'
import { ageMark } from './ageMark.ts'
import { doubtList } from './doubtSign.ts'
import { NO_NUMBER } from './number.ts'

/** Where the numbers come from: each measure's latest time and cover, the forecast's maker, facts of the building, links. */
export const aboutSection = (format: Format, view: BuildingView): Html => {
  const { words } = format
  const { building, forecast, tariffRupiahPerKwh } = view
  return html`<section class="about" aria-labelledby="about-title">
    <h2 id="about-title">${words('about.title')}</h2>
    <div>
      ${view.sources.length === 0 ? '' : sourcesTable(format, view)}
      <p class="note">
        ${forecast ? words('about.forecastBy', { time: format.moment(forecast.issuedAtMs, view.nowMs), model: forecast.model }) : words('about.noForecast')}
        ${forecast && forecast.measuredShare !== null ? words('about.holes', { share: format.percent(forecast.measuredShare) }) : ''}
        ${words('about.noGuess')} ${words('about.tariff', { tariff: format.number(tariffRupiahPerKwh, 2) })}
      </p>
      ${doubtList(format, view)}
    </div>
    <div>
      ${buildingFacts(format, view)}
      <ul class="links">
        <li><a href="/v1/buildings/${building.id}/now">${words('about.now')}</a></li>
        <li>
          <a href="/v1/buildings/${building.id}/forecasts?property=energy">${words('about.forecast')}</a>
        </li>
        <li><a href="/docs">${words('about.docs')}</a></li>
      </ul>
    </div>
  </section>`
}

const sourcesTable = (format: Format, { sources, nowMs }: BuildingView): Html => {
  const { words } = format
  return html`<table class="sources">
    <thead>
      <tr>
        <th scope="col">${words('about.measure')}</th>
        <th scope="col">${words('about.latest')}</th>
        <th scope="col" class="figure">${words('about.coverage')}</th>
      </tr>
    </thead>
    <tbody>
      ${sources.map(
        (source) =>
          html`<tr>
            <th scope="row">${words(`about.${source.property}`)}</th>
            <td>${latest(format, source, nowMs)}</td>
            <td class="figure">${source.coverage === null ? NO_NUMBER : format.percent(source.coverage)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

const latest = (format: Format, { latestMs, freshness }: DataSource, nowMs: number): Html =>
  ageMark(format, { timeMs: latestMs, nowMs, freshness })

const buildingFacts = (
  format: Format,
  { building, areaSquareMetres, openingLines, services }: BuildingView,
): Html => {
  const { words } = format
  const unknown = words('building.unknown')
  const hours =
    openingLines === 'always'
      ? words('hours.always')
      : openingLines === 'unknown'
        ? unknown
        : html`<ul>
            ${openingLines.map(({ days, hours: text }) => html`<li>${days} ${text}</li>`)}
          </ul>`
  const fact = (label: string, value: Html | string): Html =>
    html`<div>
      <dt>${label}</dt>
      <dd>${value}</dd>
    </div>`
  return html`<h3 class="small-title">${words('building.facts')}</h3>
    <dl class="facts">
      ${building.use ? fact(words('building.use'), words(`use.${building.use}`)) : ''}
      ${fact(words('building.area'), areaSquareMetres === null ? unknown : `${format.number(areaSquareMetres)} m²`)}
      ${fact(words('building.capacity'), building.capacity === null ? unknown : words('building.capacityPeople', { people: format.number(building.capacity) }))}
      ${fact(words('building.hours'), hours)}
      ${
        services.length === 0
          ? ''
          : fact(
              words('building.services'),
              html`<ul>
                ${services.map((service) => html`<li>${service}</li>`)}
              </ul>`,
            )
      }
    </dl>`
}
