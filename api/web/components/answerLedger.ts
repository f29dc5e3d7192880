import { html } from 'hono/html'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import { answerOf, ledgerOf, type Answer } from '../model/answers.ts'
import type { OverviewView } from '../view.ts'
import { NO_NUMBER, numeral } from './number.ts'

/** The answer as the heading, and under it the ledger: best hour, inside, electricity, when measured and who is silent. */
export const answerLedger = (format: Format, view: OverviewView): Html =>
  html`<section class="answers">
    <p class="dateline">
      <span>${format.date(view.nowMs)}</span>
      <span>${format.time(view.nowMs)} ${format.zone(view.nowMs)}</span>
    </p>
    ${heading(format, view, answerOf(view))}
    <dl class="ledger">${rows(format, view)}</dl>
  </section>`

const heading = (format: Format, view: OverviewView, answer: Answer): Html => {
  const { words } = format
  if (answer.kind === 'quiet') {
    const sentence = words(answer.someClosed ? 'answer.quietOpen' : 'answer.quiet')
    return html`<h1 class="answer">
      ${numeral(format.number(answer.quiet), { size: 'answer' })}
      <span class="of">${words('answer.of')}</span>
      ${numeral(format.number(answer.measured), { size: 'answer' })} <span class="sentence">${sentence}</span>
    </h1>`
  }
  if (answer.kind === 'closed') {
    const opens =
      answer.opensMs === null || answer.name === null
        ? ''
        : html`<p class="answer-why">
            ${words('answer.closedNext', { name: answer.name, when: whenWords(format, answer.opensMs, view.nowMs) })}
          </p>`
    return html`<h1 class="answer answer-words">${words('answer.closed')}</h1>
      ${opens}`
  }
  const [title, why] = {
    empty: [words('answer.empty'), words('answer.emptyWhy')],
    failing: [words('answer.failing'), words('answer.failingWhy')],
    old: [
      words('answer.old'),
      answer.kind === 'old'
        ? words('answer.oldWhy', { when: format.moment(answer.latestMs, view.nowMs) })
        : '',
    ],
  }[answer.kind]
  return html`<h1 class="answer answer-words">${title}</h1>
    <p class="answer-why">${why}</p>`
}

/** `Besok 07.30`: a time of today or tomorrow, else with its day. */
export const whenWords = (format: Format, timeMs: number, nowMs: number): string => {
  const time = format.time(timeMs)
  if (format.date(timeMs) === format.date(nowMs)) return format.words('hours.today', { time })
  const tomorrow = format.date(timeMs) === format.date(nowMs + 24 * 3_600_000)
  return tomorrow
    ? format.words('hours.tomorrow', { time })
    : format.words('hours.onDay', { day: format.weekday(timeMs), time })
}

const rows = (format: Format, view: OverviewView): Html[] => {
  const { words } = format
  const { bestHour, temperature, efficient, latestMs, silent, notYet } = ledgerOf(view)
  const isToday = latestMs !== null && format.date(latestMs) === format.date(view.nowMs)
  const noData = words(
    view.failing ? 'state.failing' : latestMs === null ? 'answer.noData' : 'answer.noFresh',
  )
  const power =
    view.powerNowKw === null
      ? ''
      : words('answer.electricityNow', { power: `${format.number(view.powerNowKw)} kW` })
  const classes =
    efficient === null
      ? ''
      : words('answer.efficientIn', {
          efficient: format.number(efficient.count),
          measured: format.number(efficient.measured),
        })
  return [
    row(
      bestHour && format.time(Math.max(bestHour.startMs, view.nowMs)),
      '',
      words(bestHour?.day === 'tomorrow' ? 'answer.bestHourTomorrow' : 'answer.bestHour'),
      bestHour
        ? words(bestHour.startMs <= view.nowMs ? 'answer.bestHourNowIn' : 'answer.bestHourIn', {
            count: bestHour.buildings,
          })
        : view.failing
          ? noData
          : words('answer.bestHourNone'),
    ),
    row(
      temperature && format.number(temperature.median, 1, 1),
      '°C',
      words('answer.inside'),
      temperature
        ? words('answer.comfortableIn', {
            comfortable: format.number(temperature.comfortable),
            measured: format.number(temperature.measured),
          })
        : noData,
    ),
    row(
      view.energyTodayKwh === null ? null : format.number(view.energyTodayKwh),
      'kWh',
      view.energyUntilMs === null
        ? words('answer.electricity')
        : words('answer.electricityUntil', { time: format.time(view.energyUntilMs) }),
      [power, classes].filter((text) => text !== '').join('; ') || noData,
    ),
    row(
      latestMs === null ? null : format.time(latestMs),
      '',
      words('answer.latest'),
      latestMs === null
        ? noData
        : `${isToday ? format.age(latestMs, view.nowMs) : format.date(latestMs)}; ${answering(format, silent, notYet)}`,
    ),
  ]
}

const answering = ({ words }: Format, silent: number, notYet: number): string =>
  [
    ...(silent === 0 ? [] : [words('answer.silent', { count: silent })]),
    ...(notYet === 0 ? [] : [words('answer.notYet', { count: notYet })]),
  ].join(', ') || words('answer.allAnswer')

const row = (value: string | null, unit: string, label: string, qualifier: string): Html =>
  html`<div>
    <dt>${label}</dt>
    <dd class="ledger-number">
      ${
        value === null
          ? numeral(NO_NUMBER, { size: 'ledger', state: 'none' })
          : numeral(value, { unit, size: 'ledger' })
      }
    </dd>
    <dd class="ledger-words">${qualifier}</dd>
  </div>`
