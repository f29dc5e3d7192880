import { html } from 'hono/html'
import { aboutSection } from '../components/aboutSection.ts'
import { energySection } from '../components/energySection.ts'
import { hatchDefinition } from '../components/hatch.ts'
import { offlineNote } from '../components/offlineNote.ts'
import { nowSection } from '../components/nowSection.ts'
import { whenSection } from '../components/whenSection.ts'
import { whenWords } from '../components/answerLedger.ts'
import { tally } from '../components/tally.ts'
import type { Format } from '../format.ts'
import { layout, type Html } from '../layout.ts'
import type { BuildingView } from '../view.ts'

/** `/buildings/{building}`: how full now and when emptier, inside, electricity, how right we were, about the data. */
export const buildingPage = (format: Format, view: BuildingView): Html => {
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
            >${use}${openingWords(format, view)}${building.demonstration ? html` <span class="demo-mark">${words('demo.mark')}</span>` : ''}</span
          >
          <span>${format.date(nowMs)}, ${format.time(nowMs)} ${format.zoneName(nowMs).split(' ')[0]}</span>
        </p>
        ${
          view.failing
            ? html`<section class="failing">
                <h2>${words('answer.failing')}</h2>
                <p>${words('answer.failingWhy')}</p>
              </section>`
            : html`${nowSection(format, view)}${whenSection(format, view)}${energySection(format, view)}${view.reliability ? tally(format, view.reliability) : ''}`
        }
        ${aboutSection(format, view)}
      </div>`,
  })
}

/** `Buka sampai 16.00`, `Tutup, buka besok 07.30`, or what is known instead. */
const openingWords = (format: Format, { building, today, nowMs, openingLines }: BuildingView): string => {
  const { words } = format
  if (openingLines === 'always') return words('hours.always')
  if (openingLines === 'unknown') return words('hours.unknown')
  if (building.open === 'closed') {
    return building.opensNextMs === null
      ? words('hours.closed')
      : words('hours.closedToday', { when: whenWords(format, building.opensNextMs, nowMs) })
  }
  const opening = today?.opening
  return typeof opening === 'object' ? words('hours.openUntil', { time: format.time(opening.closesMs) }) : ''
}
