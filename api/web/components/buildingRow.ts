import { html } from 'hono/html'
import { MINIMUM_PEOPLE } from '../../../city/disclosure.ts'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import { airOf, comfortOf } from '../model/comfort.ts'
import type { BuildingSummary } from '../view.ts'
import { ageMark, disc } from './ageMark.ts'
import { dayStrip } from './dayStrip.ts'
import { belowNumeral, NO_NUMBER, numeral } from './number.ts'
import { openingWords } from './openingWords.ts'
import {
  bestHoursWords,
  LEAST_PERCENT,
  peopleOfCapacity,
  percentOfShare,
  rangeWords,
  shareOf,
  shortPeople,
} from './peopleWords.ts'

/**
 * One building of the list: how full, its name and level, its day, three facts and when it was measured. What is
 * old, silent or not yet measured takes one short row on a phone.
 */
export const buildingRow = (pageFormat: Format, building: BuildingSummary, nowMs: number): Html => {
  // Its hours and times are its own zone's, as on its page.
  const format = pageFormat.inZone(building.timeZone)
  const state = building.open === 'closed' && building.state === 'measured' ? 'closed' : building.state
  return html`<li class="row row-${state}" id="row-${building.id}">
    <p class="row-number">${rowNumber(format, building)}</p>
    <div class="row-name">
      <h3>
        <span class="key">${building.key}</span> <a href="/buildings/${building.id}">${building.name}</a>
      </h3>
      <p>${rowSentence(format, building, nowMs)}</p>
      ${building.demonstration ? html`<p class="demo-mark">${format.words('demo.mark')}</p>` : ''}
    </div>
    ${hasStrip(building) ? html`<div class="row-strip">${dayStrip(format, { name: building.name, day: building.day, nowMs, state: building.state })}</div>` : html`<div class="row-strip row-strip-none"></div>`}
    ${building.state === 'none' || building.state === 'failing' ? '' : html`<dl class="row-facts">${facts(format, building, nowMs)}</dl>`}
  </li>`
}

type WithStrip = BuildingSummary & {
  day: NonNullable<BuildingSummary['day']>
  state: 'measured' | 'old' | 'silent'
}

const hasStrip = (building: BuildingSummary): building is WithStrip =>
  building.day !== null && building.state !== 'none' && building.state !== 'failing'

const rowNumber = (format: Format, building: BuildingSummary): Html => {
  const { words } = format
  const { people, peopleExpected, capacity } = building
  const dash = numeral(NO_NUMBER, { size: 'row', state: 'none' })
  if (building.state === 'old' && peopleExpected !== null && capacity !== null) {
    if (peopleExpected === 'few') return belowNumeral(format, MINIMUM_PEOPLE, { size: 'row' })
    const [low, high] = [peopleExpected.low, peopleExpected.high].map((value) =>
      Math.round(shareOf(value, capacity) * 100),
    )
    if (!high) return belowNumeral(format, LEAST_PERCENT, { unit: '%', size: 'row' })
    return numeral(rangeWords(format, { low: low ?? 0, high: high ?? 0 }), {
      unit: '%',
      size: 'row',
      state: 'expected',
    })
  }
  if (building.state !== 'measured' || people === null) return dash
  if (building.open === 'closed') return html`<span class="closed-word">${words('hours.closed')}</span>`
  if (people.people === null) return belowNumeral(format, MINIMUM_PEOPLE, { size: 'row' })
  if (people.share === null) return numeral(format.number(people.people), { size: 'row' })
  const percent = percentOfShare(people.share)
  return percent === null
    ? belowNumeral(format, LEAST_PERCENT, { unit: '%', size: 'row' })
    : numeral(format.number(percent), { unit: '%', size: 'row' })
}

const rowSentence = (format: Format, building: BuildingSummary, nowMs: number): Html | string => {
  const { words } = format
  const { people } = building
  if (building.state === 'failing') return openingWords(format, building, nowMs)
  if (building.state === 'none')
    return html`${disc('none')} ${words('state.noneTitle')}. ${words('state.noneWhy')}`
  const since = people
    ? format.moment(people.timeMs, nowMs)
    : building.latestMs === null
      ? ''
      : format.moment(building.latestMs, nowMs)
  if (building.state === 'silent' && people !== null) return words('state.silentWithheld', { since })
  if (building.state === 'old' || building.state === 'silent')
    return oldSentence(format, building, since, nowMs)
  if (building.open === 'closed') return openingWords(format, building, nowMs)
  if (people === null) return words('people.notCounted')
  const detail = peopleOfCapacity(format, people, building.capacity)
  return people.level === null ? detail : html`<strong>${words(`level.${people.level}`)}</strong>, ${detail}`
}

const oldSentence = (format: Format, building: BuildingSummary, since: string, nowMs: number): string => {
  const { words } = format
  if (building.peopleExpected !== null && building.people !== null) {
    return words('people.forecastShort', { time: since })
  }
  const last = building.latestMs === null ? since : format.last(building.latestMs, nowMs)
  return words('state.oldSince', { last })
}

const facts = (format: Format, building: BuildingSummary, nowMs: number): Html[] => {
  const { words } = format
  const { best, ike, powerKw, state } = building
  const none = words(state === 'silent' ? 'state.withheld' : 'best.none')
  return [
    fact(
      'fact-best',
      words('best.column'),
      best && state !== 'silent' ? bestHoursWords(format, best) : NO_NUMBER,
      best && state !== 'silent' ? shortPeople(format, best.people) : none,
    ),
    insideFact(format, building),
    fact(
      'fact-power',
      words('row.power'),
      powerKw && powerKw.freshness === 'fresh' ? `${format.number(powerKw.value)} kW` : NO_NUMBER,
      ike ? words(`ike.${ike.class}`).toLowerCase() : words('row.ikeUnknown'),
    ),
    html`<div class="fact-age">
      <dt>${words('row.measured')}</dt>
      <dd>
        ${ageMark(format, { timeMs: building.latestMs, nowMs, freshness: state === 'measured' ? 'fresh' : state })}
      </dd>
    </div>`,
  ]
}

const insideFact = (format: Format, { temperature, co2 }: BuildingSummary): Html => {
  const { words } = format
  const label = words('row.inside')
  const warm = temperature?.freshness === 'fresh' ? temperature.value : null
  const air = co2?.freshness === 'fresh' ? airOf(co2.value) : null
  if (warm === null && air === null) return fact('fact-inside', label, NO_NUMBER, words('state.noData'))
  const meaning = [
    ...(warm === null ? [] : [words(`comfort.${comfortOf(warm)}`).toLowerCase()]),
    ...(air === null
      ? []
      : [
          warm === null
            ? words('air.word', { word: words(`air.${air}`).toLowerCase() })
            : words(`air.${air}`).toLowerCase(),
        ]),
  ]
  return fact(
    'fact-inside',
    label,
    warm === null ? NO_NUMBER : `${format.number(warm, 1, 1)} °C`,
    meaning.join(', '),
  )
}

const fact = (name: string, label: string, value: string, meaning: string): Html =>
  html`<div class="${name}${value === NO_NUMBER ? ' fact-none' : ''}">
    <dt>${label}</dt>
    <dd class="fact-value">${value}</dd>
    <dd class="fact-meaning">${meaning}</dd>
  </div>`
