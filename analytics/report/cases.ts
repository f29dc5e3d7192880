import { html, raw } from 'hono/html'
import { curve } from './charts/curve.ts'
import { hoursOf } from './collect.ts'
import type { ReportFacts } from './page.ts'
import type { ReportModel } from './reportModels.ts'
import { date, percent } from './words.ts'

const KEY = html`<ul class="key">
  <li><i class="truth"></i>what came</li>
  <li><i class="point"></i>forecast</li>
  <li><i class="fifty"></i>50 % interval</li>
  <li><i class="eighty"></i>80 % interval</li>
</ul>`

const WORST_SHOWN = 6

/** Three buildings that the data choose, not we: at the quartiles of error. */
export const examples = (model: ReportModel | undefined, facts: ReportFacts) => {
  if (!model) return ''
  const ranked = [...model.buildings]
    .flatMap(([id, { nrmse }]) => (nrmse === null ? [] : [{ id, nrmse }]))
    .sort((a, b) => a.nrmse - b.nrmse)
  const chosen = [
    ['better than three quarters', 0.25],
    ['in the middle', 0.5],
    ['worse than three quarters', 0.75],
  ].flatMap(([words, at]) => {
    const building = ranked[Math.round(Number(at) * (ranked.length - 1))]
    return building ? [{ ...building, words }] : []
  })
  const shown = chosen.filter(({ id }, at) => chosen.findIndex((other) => other.id === id) === at)
  return html`<section>
    <h2>What a forecast looks like</h2>
    <p class="soft">
      The last seven forecast days of the buildings at the quartiles of error of ${model.name}. Each day was
      forecast at its midnight.
    </p>
    ${KEY}
    <div class="cases">
      ${shown.map(({ id, nrmse, words }) => {
        const last = model.collected.get(id)?.last ?? []
        const timeZone = facts.timeZones.get(id) ?? 'UTC'
        return html`<div>
          <h3>${id} <small>${ranked.length > 2 ? `${words}: ` : ''}nrmse ${percent(nrmse)}</small></h3>
          <figure role="img" aria-label="Forecast and truth of ${id}">
            ${raw(curve(last, { timeZone, unit: facts.unit }))}
          </figure>
        </div>`
      })}
    </div>
  </section>`
}

/** The worst day of each of the buildings where it was worst, against the building's mean. */
export const worstCases = (model: ReportModel | undefined, facts: ReportFacts) => {
  if (!model) return ''
  const worst = [...model.collected]
    .flatMap(([id, each]) => {
      const mean = each.truth / hoursOf(each)
      return each.worst && mean > 0
        ? [{ id, forecast: each.worst, error: (100 * each.worstError) / mean }]
        : []
    })
    .sort((a, b) => b.error - a.error)
    .slice(0, WORST_SHOWN)
  return html`<section>
    <h2>Where it went wrong</h2>
    <p class="soft">
      The worst days of ${model.name}, one a building: mean absolute error of the day in per cent of the
      building's mean.
    </p>
    ${KEY}
    <div class="cases days">
      ${worst.map(({ id, forecast, error }) => {
        const timeZone = facts.timeZones.get(id) ?? 'UTC'
        return html`<div>
          <h3>${id} <small>${date(forecast.issuedAtMs, timeZone)}, wrong by ${percent(error, 0)}</small></h3>
          <figure role="img" aria-label="The worst day of ${id}">
            ${raw(curve([forecast], { timeZone, unit: facts.unit, size: { width: 520, height: 230 } }))}
          </figure>
        </div>`
      })}
    </div>
  </section>`
}
