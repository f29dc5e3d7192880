import { html } from 'hono/html'
import { answerLedger } from '../components/answerLedger.ts'
import { buildingRow } from '../components/buildingRow.ts'
import { stripHeader } from '../components/dayStrip.ts'
import { finderSection } from '../components/finderSection.ts'
import { hatchDefinition } from '../components/hatch.ts'
import { offlineNote } from '../components/offlineNote.ts'
import { buildingMap } from '../components/map.ts'
import { stripLegend } from '../components/stripLegend.ts'
import type { Format } from '../format.ts'
import { layout, type Html } from '../layout.ts'
import { answerOf } from '../model/answers.ts'
import type { OverviewView } from '../view.ts'

/** `/`: the answer, the map, then every building, quietest first. */
export const overviewPage = (format: Format, view: OverviewView): Html =>
  layout({
    title: titleOf(format, view),
    language: format.language,
    path: '/',
    current: 'buildings',
    demonstration: view.demonstration,
    live: true,
    timeZoneName: format.zoneName(view.nowMs),
    body: html`${hatchDefinition()}
      <div class="wrap">
        ${offlineNote(format, view.nowMs)}
        <div class="opening">${answerLedger(format, view)}${buildingMap(format, view)}</div>
        ${buildingList(format, view)} ${view.finder ? finderSection(format, view.finder) : ''}
      </div>`,
  })

const titleOf = (format: Format, view: OverviewView): string => {
  const answer = answerOf(view)
  if (answer.kind === 'quiet') {
    return format.words(answer.someClosed ? 'answer.spokenOpen' : 'answer.spoken', {
      quiet: format.number(answer.quiet),
      measured: format.number(answer.measured),
    })
  }
  return format.words(`answer.${answer.kind}`)
}

const buildingList = (format: Format, view: OverviewView): Html => {
  const { words } = format
  return html`<section class="buildings" aria-labelledby="buildings-title">
    <div class="section-head">
      <h2 id="buildings-title">${words('row.heading')}</h2>
      <p class="note">${words('row.order')}</p>
    </div>
    ${view.buildings.some(({ day }) => day !== null) ? stripLegend(format) : ''}
    <div class="row-heads" aria-hidden="true">
      <span>${words('row.full')}</span><span>${words('row.building')}</span
      ><span class="row-heads-strip">${stripHeader()}</span
      ><span class="row-heads-facts"
        ><span>${words('best.column')}</span><span>${words('row.inside')}</span
        ><span>${words('row.power')}</span><span>${words('row.measured')}</span></span
      >
    </div>
    <ol class="rows">
      ${view.buildings.map((building) => buildingRow(format, building, view.nowMs))}
    </ol>
  </section>`
}
