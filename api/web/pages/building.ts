import { html } from 'hono/html'
import { aboutSection } from '../components/aboutSection.ts'
import { energySection } from '../components/energySection.ts'
import { hatchDefinition } from '../components/hatch.ts'
import { offlineNote } from '../components/offlineNote.ts'
import { reportSection } from '../components/reportForm.ts'
import { voteSection } from '../components/voteSection.ts'
import { nowSection } from '../components/nowSection.ts'
import { whenSection } from '../components/whenSection.ts'
import { openingWords } from '../components/openingWords.ts'
import { tally } from '../components/tally.ts'
import type { Format } from '../format.ts'
import { layout, type Html } from '../layout.ts'
import type { BuildingView } from '../view.ts'
import type { Visit } from '../voiceView.ts'

/** `/buildings/{building}`: how full now and when emptier, inside, electricity, how right we were, what citizens say, about the data. */
export const buildingPage = (format: Format, view: BuildingView, visit: Visit = {}): Html => {
  const { building, nowMs } = view
  const { words } = format
  const use = building.use ? `${words(`use.${building.use}`)}. ` : ''
  return layout({
    title: building.name,
    language: format.language,
    path: `/buildings/${building.id}`,
    demonstration: view.demonstration,
    live: true,
    timeZoneName: format.zoneName(nowMs),
    body: html`${hatchDefinition()}
      <div class="wrap">
        ${offlineNote(format, view.nowMs)}
        <p class="back"><a href="/">${words('building.back')}</a></p>
        <h1 class="building-name">${building.name}</h1>
        <p class="dateline">
          <span
            >${use}${openingWords(format, building, nowMs)}${building.demonstration ? html` <span class="demo-mark">${words('demo.mark')}</span>` : ''}</span
          >
          <span>${format.date(nowMs)}, ${format.time(nowMs)} ${format.zone(nowMs)}</span>
        </p>
        ${
          view.failing
            ? html`<section class="failing">
                <h2>${words('answer.failing')}</h2>
                <p>${words('answer.failingWhy')}</p>
              </section>`
            : html`${nowSection(format, view)}${whenSection(format, view)}${energySection(format, view)}${view.reliability ? tally(format, view.reliability) : ''}`
        }
        <div class="voice">${voteSection(format, view, visit)}${reportSection(format, view, visit)}</div>
        ${aboutSection(format, view)}
      </div>`,
  })
}
