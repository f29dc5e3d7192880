import { html } from 'hono/html'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { BuildingView, Doubt, DoubtPlace } from '../view.ts'

const LIST = 'doubt-list'

const SENSORS = {
  people: 'people',
  peopleDay: 'people',
  temperature: 'temperature',
  co2: 'co2',
  power: 'power',
  energy: 'energy',
  class: 'energy',
} as const

const EFFECTS = {
  people: 'number',
  peopleDay: 'bars',
  temperature: 'number',
  co2: 'number',
  power: 'number',
  energy: 'curve',
  class: 'class',
} as const

/** One quiet line beside a number or chart that rests on flagged readings: the newest finding, and where the others are. */
export const doubtSign = (format: Format, view: BuildingView, place: DoubtPlace): Html | '' => {
  const doubt = view.doubts.find((doubt) => doubt.place === place)
  if (doubt === undefined) return ''
  return html`<p class="note doubt">
    ${mark()} ${sentence(format, doubt, view.nowMs)} <a href="#${LIST}">${format.words('doubt.details')}</a>
  </p>`
}

/** All that is doubtful about what the page shows, folded, with the way to the data. */
export const doubtList = (format: Format, view: BuildingView): Html | '' => {
  const { words } = format
  const sentences = [...new Set(view.doubts.map((doubt) => sentence(format, doubt, view.nowMs)))]
  if (sentences.length === 0) return ''
  return html`<details class="numbers" id="doubts">
    <summary>${words('doubt.title', { count: sentences.length })}</summary>
    <ul id="${LIST}" class="doubt-list">
      ${sentences.map((text) => html`<li>${text}</li>`)}
    </ul>
    <p class="note">
      ${words('doubt.unchanged')}
      <a href="/v1/quality?thing=${view.building.id}">${words('doubt.all')}</a>
    </p>
  </details>`
}

const sentence = (format: Format, { place, finding, parts }: Doubt, nowMs: number): string => {
  const { words } = format
  if (finding === null) {
    return words('doubt.sentence', {
      what: words('doubt.parts', { count: parts }),
      effect: words(`doubt.effect.${EFFECTS[place]}`),
    })
  }
  const { kind, fromMs, toMs } = finding
  const what = words(`doubt.${kind}`, {
    sensor: words(`doubt.sensor.${SENSORS[place]}`),
    lasts: toMs === null ? 'yes' : 'no',
    from: format.moment(fromMs, nowMs),
    to: format.moment(toMs ?? nowMs, nowMs),
  })
  const effect = kind === 'silence' ? 'missing' : EFFECTS[place]
  return words('doubt.sentence', { what, effect: words(`doubt.effect.${effect}`) })
}

const mark = (): Html =>
  html`<svg class="doubt-mark" width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
    <path d="M7 1.5L13 12.5H1z" />
    <path d="M7 5.5v3.2M7 10.4v.6" />
  </svg>`
