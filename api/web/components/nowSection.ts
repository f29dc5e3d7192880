import { html } from 'hono/html'
import { MINIMUM_PEOPLE } from '../../../city/disclosure.ts'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import { airOf, CO2_PPM, COMFORT_CELSIUS, comfortOf } from '../model/comfort.ts'
import type { BestHours, BuildingView, Measured, PeopleNow } from '../view.ts'
import { disc } from './ageMark.ts'
import { openingWords } from './openingWords.ts'
import { dayStrip } from './dayStrip.ts'
import { doubtSign } from './doubtSign.ts'
import { belowNumeral, NO_NUMBER, numeral } from './number.ts'
import {
  bestHoursWords,
  expectedPeople,
  LEAST_PERCENT,
  peopleRange,
  percentOfShare,
  rangeWords,
  shareOf,
} from './peopleWords.ts'
import { ruler, type RulerOptions } from './ruler.ts'

/** Now: how full, and temperature, air and power each against its good or usual range. */
export const nowSection = (format: Format, view: BuildingView): Html =>
  html`<section class="present">
    ${peopleNow(format, view)} ${temperatureNow(format, view)} ${airNow(format, view)}
    ${powerNow(format, view)}
  </section>`

const peopleNow = (format: Format, view: BuildingView): Html => {
  const { words } = format
  const { building, today, nowMs } = view
  const { people, best } = building
  const strip =
    today !== null &&
    (building.state === 'measured' || building.state === 'old' || building.state === 'silent')
      ? dayStrip(format, { name: building.name, day: today, nowMs, state: building.state })
      : ''
  return html`<div class="present-people">
    <h2 class="small-title">${words('building.now')}</h2>
    <p class="full">
      ${bigNumber(format, view)}<span class="level"
        >${people?.level && people.freshness === 'fresh' ? words(`level.${people.level}`) : ''}</span
      >
    </p>
    <p class="note">${peopleSentence(format, view)}</p>
    ${doubtSign(format, view, 'people')} ${strip}
    ${best && building.state !== 'silent' ? html`<p class="quieter">${words(isQuieter(best, people) ? 'best.quieter' : 'best.column')} <strong>${bestHoursWords(format, best).toLowerCase()}</strong>, ${expectedPeople(format, best.people)}</p>` : ''}
  </div>`
}

/** Fewer people are expected in the best hours than are here now; at night, say, the best hours are no quieter. */
const isQuieter = ({ people, now }: BestHours, present: PeopleNow | null): boolean =>
  !now && typeof present?.people === 'number' && (people === 'few' || people.middle < present.people)

const bigNumber = (format: Format, { building }: BuildingView): Html => {
  const { people, peopleExpected, capacity } = building
  if (building.state === 'old' && peopleExpected !== null && peopleExpected !== 'few' && capacity !== null) {
    const low = Math.round(shareOf(peopleExpected.low, capacity) * 100)
    const high = Math.round(shareOf(peopleExpected.high, capacity) * 100)
    if (high === 0) return belowNumeral(format, LEAST_PERCENT, { unit: '%', size: 'building' })
    return numeral(rangeWords(format, { low, high }), { unit: '%', size: 'building', state: 'expected' })
  }
  if (people === null || people.freshness !== 'fresh') {
    return numeral(NO_NUMBER, { size: 'building', state: 'none' })
  }
  if (people.people === null) return belowNumeral(format, MINIMUM_PEOPLE, { size: 'building' })
  if (people.share === null) {
    return numeral(format.number(people.people), {
      unit: format.words('building.peopleUnit'),
      size: 'building',
    })
  }
  const percent = percentOfShare(people.share)
  return percent === null
    ? belowNumeral(format, LEAST_PERCENT, { unit: '%', size: 'building' })
    : numeral(format.number(percent), { unit: '%', size: 'building' })
}

const peopleSentence = (format: Format, { building, nowMs }: BuildingView): string => {
  const { words } = format
  const { people, capacity, peopleExpected } = building
  if (people === null && building.state !== 'none') return words('people.notCounted')
  if (people === null) return `${words('state.noneTitle')}. ${words('state.noneWhy')}`
  const time = format.moment(people.timeMs, nowMs)
  if (people.freshness === 'silent') return words('state.silentWithheld', { since: time })
  if (people.freshness !== 'fresh') {
    return peopleExpected !== null && peopleExpected !== 'few'
      ? words('people.forecastNow', {
          range: peopleRange(format, peopleExpected),
          time,
        })
      : words('state.oldSince', { last: format.last(people.timeMs, nowMs) })
  }
  const closed =
    building.open === 'closed' && building.opensNextMs !== null
      ? `${openingWords(format, building, nowMs)}. `
      : ''
  if (people.people === null) return `${closed}${words('building.fewSentence', { time })}`
  const count = format.number(people.people)
  return capacity === null
    ? words('building.fullSentenceNoCapacity', { people: count, time })
    : `${closed}${words('building.fullSentence', { people: count, capacity: format.number(capacity), time })}`
}

interface Gauge {
  doubt: Html | ''
  title: string
  unit: string
  decimals: number
  measured: Measured | null
  word: (value: number) => string
  band: string
  rule: Omit<RulerOptions, 'spoken' | 'pointer'>
}

/** One number of the now section with its ruler; what is old is muted and says so. */
const gauge = (format: Format, nowMs: number, options: Gauge): Html => {
  const { words } = format
  const { title, unit, decimals, measured, word, band, rule, doubt } = options
  const known = measured !== null && measured.freshness !== 'none'
  const fresh = known && measured.freshness === 'fresh'
  const shown = known ? format.number(measured.value, decimals, decimals) : NO_NUMBER
  const meaning = !known
    ? html`<p class="gauge-word">${words('state.noneTitle')}</p>`
    : fresh
      ? html`<p class="gauge-word">${word(measured.value)}</p>`
      : html`<p class="gauge-word gauge-old">${disc(measured.freshness)} ${words('state.oldTitle')}</p>`
  const time = known ? format.moment(measured.timeMs, nowMs) : ''
  const note = !known
    ? band
    : fresh
      ? `${band} ${words('building.measuredAt', { time })}`
      : `${words('state.oldSince', { last: format.last(measured.timeMs, nowMs) }).replace(/^[^:]*:\s*/, '')}. ${words('building.mayBeHigher')}`
  return html`<div class="gauge">
    <h2 class="small-title">${title}</h2>
    <div class="gauge-number">
      ${numeral(shown, { unit: known ? unit : '', size: 'fact', state: known ? (fresh ? 'measured' : 'old') : 'none' })}${meaning}
    </div>
    ${ruler({ ...rule, spoken: words('building.rulerSpoken', { name: title, value: known ? `${shown} ${unit}` : words('state.noneTitle'), band }), pointer: known ? { value: measured.value, old: !fresh } : null })}
    <p class="note gauge-note">${note.charAt(0).toUpperCase()}${note.slice(1)}</p>
    ${doubt}
  </div>`
}

const temperatureNow = (format: Format, view: BuildingView): Html => {
  const { building, nowMs } = view
  const { low, high } = COMFORT_CELSIUS
  return gauge(format, nowMs, {
    doubt: doubtSign(format, view, 'temperature'),
    title: format.words('building.temperature'),
    unit: '°C',
    decimals: 1,
    measured: building.temperature,
    word: (value) => format.words(`comfort.${comfortOf(value)}`),
    band: format.words('building.comfortBand', { low: format.number(low), high: format.number(high) }),
    rule: { from: 18, to: 32, band: { low, high }, ends: ['18', '32 °C'], kind: 'temperature' },
  })
}

const airNow = (format: Format, view: BuildingView): Html => {
  const { building, nowMs } = view
  const top = Math.max(1400, Math.ceil((building.co2?.value ?? 0) / 200) * 200)
  return gauge(format, nowMs, {
    doubt: doubtSign(format, view, 'co2'),
    title: format.words('building.air'),
    unit: 'ppm',
    decimals: 0,
    measured: building.co2 && { ...building.co2, value: Math.round(building.co2.value / 10) * 10 },
    word: (value) => format.words(`air.${airOf(value)}`),
    band: format.words('building.airBand', { high: format.number(CO2_PPM.good) }),
    rule: {
      from: 400,
      to: top,
      band: { low: 400, high: CO2_PPM.good },
      ends: [format.number(400), `${format.number(top)} ppm`],
      kind: 'co2',
    },
  })
}

const powerNow = (format: Format, view: BuildingView): Html => {
  const { building, nowMs, usualPowerKw } = view
  const { powerKw } = building
  const reach = Math.max(powerKw?.value ?? 0, usualPowerKw?.high ?? 0, 1) * 1.25
  const step = 10 ** Math.max(0, Math.floor(Math.log10(reach)) - 1) * 2
  const top = Math.ceil(reach / step) * step
  const decimals = (powerKw?.value ?? 100) < 10 ? 1 : 0
  return gauge(format, nowMs, {
    doubt: doubtSign(format, view, 'power'),
    title: format.words('building.power'),
    unit: 'kW',
    decimals,
    measured: powerKw,
    word: (value) => powerWord(format, value, usualPowerKw),
    band: usualPowerKw
      ? format.words('building.powerBand', {
          low: format.number(usualPowerKw.low, decimals),
          high: format.number(usualPowerKw.high, decimals),
        })
      : format.words('building.powerBandNone'),
    rule: { from: 0, to: top, band: usualPowerKw, ends: ['0', `${format.number(top)} kW`], kind: 'power' },
  })
}

const powerWord = (format: Format, value: number, usual: BuildingView['usualPowerKw']): string => {
  if (usual === null) return ''
  if (value > usual.high) return format.words('power.high')
  return format.words(value < usual.low ? 'power.low' : 'power.usual')
}
