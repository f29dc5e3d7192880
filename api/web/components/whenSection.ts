import { html } from 'hono/html'
import { MINIMUM_PEOPLE } from '../../../city/disclosure.ts'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { BestHours, BuildingView, PeopleDay } from '../view.ts'
import { doubtSign } from './doubtSign.ts'
import { numeral } from './number.ts'
import { highestOf, peopleChart } from './peopleChart.ts'
import { peopleTable } from './peopleTable.ts'
import { expectedPeople, peopleRange } from './peopleWords.ts'

/** When to come: the quietest hours to come, and people by the hour today and tomorrow. */
export const whenSection = (format: Format, view: BuildingView): Html | '' => {
  const { words } = format
  const { today, tomorrow, building, nowMs } = view
  if (today === null && tomorrow === null) return ''
  const withheld = building.state === 'silent'
  const highest = highestOf(withheld ? [today] : [today, tomorrow], withheld)
  const days = [
    ...(today ? [{ title: words('chart.today'), day: today }] : []),
    ...(tomorrow && !withheld
      ? [{ title: words('chart.tomorrow', { date: format.shortDate(tomorrow.dayStartMs) }), day: tomorrow }]
      : []),
  ]
  return html`<section class="split" aria-labelledby="when-title">
    <h2 id="when-title">${words('when.title')}</h2>
    <div class="split-facts">${quietHours(format, view)}</div>
    <div class="split-chart">
      ${doubtSign(format, view, 'peopleDay')}
      <p class="axis-title">${words('when.axis')}</p>
      <div class="chart-pair">
        ${days.map(({ title, day }) => peopleChart(format, { title, day, highest, nowMs, withheld }))}
      </div>
      <p class="note">${words('when.note')}</p>
      ${peopleTable(format, days, withheld)}
    </div>
  </section>`
}

const quietHours = (format: Format, view: BuildingView): Html => {
  const { words } = format
  const { building, today } = view
  const rounding = html`<p class="note">
    ${building.state === 'silent' ? '' : busiestWords(format, today, view.nowMs)}
    ${words('when.rounding', { count: MINIMUM_PEOPLE })}
  </p>`
  if (building.state === 'silent')
    return html`<p>${words('when.withheld')}</p>
      ${rounding}`
  const [first, ...others] = view.quietHours
  if (!first)
    return html`<p>${words('when.none')} ${words('when.noneWhy')}</p>
      ${rounding}`
  const likely =
    first.people === 'few' ? '' : ` (${words('people.likely', { range: peopleRange(format, first.people) })})`
  const firstPeople =
    first.people === 'few' || first.people.middle < MINIMUM_PEOPLE
      ? expectedPeople(format, 'few')
      : words('when.aboutPeople', { people: format.number(first.people.middle) })
  return html`<p class="best-hours">
      ${numeral(first.now ? words('best.now') : format.hours(first.startMs, first.endMs), { size: 'best' })}
    </p>
    <p>${words(`when.${first.day}`)}, ${firstPeople}${likely}</p>
    ${
      others.length === 0
        ? ''
        : html`<ul class="hours-list">
            ${others.map((hours) => html`<li><strong>${format.time(hours.startMs)}</strong> ${otherWords(format, hours)}</li>`)}
          </ul>`
    }
    ${rounding}`
}

const otherWords = (format: Format, hours: BestHours): string => {
  const { words } = format
  const people =
    hours.people === 'few'
      ? expectedPeople(format, 'few')
      : `${peopleRange(format, hours.people)} ${words('building.peopleUnit')}`
  return `${words(`when.${hours.day}`)}, ${people}`
}

/** When today is busiest, measured or expected. */
const busiestWords = (format: Format, today: PeopleDay | null, nowMs: number): string => {
  const peopleOf = (hour: PeopleDay['hours'][number]): number =>
    typeof hour.measured === 'number'
      ? hour.measured
      : hour.measured === null && hour.forecast !== null && hour.forecast !== 'few'
        ? hour.forecast.middle
        : 0
  // A maximum of some hours is no maximum: each hour to come must have its forecast.
  const open = today?.opening
  const isUnknown = (hour: PeopleDay['hours'][number]): boolean =>
    hour.endMs > nowMs &&
    hour.forecast === null &&
    (typeof open !== 'object' || (hour.startMs >= open.opensMs && hour.endMs <= open.closesMs))
  if (today?.hours.some(isUnknown)) return ''
  const busiest = [...(today?.hours ?? [])].sort((a, b) => peopleOf(b) - peopleOf(a))[0]
  if (!busiest || peopleOf(busiest) === 0) return ''
  return format.words('when.busiest', {
    day: format.words('when.today'),
    hours: format.hours(busiest.startMs, busiest.endMs),
  })
}
