import { html } from 'hono/html'
import { closesReport, REPORT_STATUSES } from '../../city/reports.ts'
import { VOTE_CHOICES, type VoteCounts } from '../../city/votes.ts'
import type { Report } from '../../store/catalogue/reports.ts'
import type { VoteChange } from '../../store/catalogue/voteChanges.ts'
import { createWords, type Language } from '../web/words.ts'
import type { Html } from '../web/layout.ts'
import { TEXTS } from './texts.ts'
import { timeFormat } from './timeFormat.ts'

/** A building or a part of it: its path, and what people call it. */
export interface NamedPlace {
  path: string
  name: string
}

/** What `/ops/citizens` shows: reports with their answers, exact votes of the week, and what votes changed. */
export interface CitizensView {
  language: Language
  timeZone: string
  places: readonly NamedPlace[]
  reports: readonly Report[]
  votes: readonly { name: string; counts: VoteCounts }[]
  changes: readonly VoteChange[]
  today: string
}

export const citizensPage = (view: CitizensView): Html => {
  const text = TEXTS[view.language]
  return html`<p><a href="/ops">${text.ops}</a></p>
    <section>
      <h2>${text.reports}</h2>
      ${view.reports.length === 0 ? html`<p>${text.noReports}</p>` : ''}
      ${view.reports.map((report) => reportPart(view, report))}
    </section>
    <section>
      <h2>${text.votesOfWeek}</h2>
      ${votesTable(view)}
    </section>
    <section>
      <h2>${text.voteChanges}</h2>
      ${changeForm(view)} ${view.changes.map((change) => changePart(view, change))}
    </section>`
}

const reportPart = ({ language, timeZone, places }: CitizensView, report: Report): Html => {
  const text = TEXTS[language]
  const words = createWords(language)
  const { id, building, zone, category, outcome, createdMs } = report
  const time = timeFormat(language, timeZone, 'short')
  const form = html`<form class="staff-form" method="post" action="/ops/reports/${id}">
    <div>
      <label for="status-${id}">${text.status}</label>
      <select id="status-${id}" name="status">
        ${REPORT_STATUSES.map(
          (status) =>
            html`<option value="${status}" ${status === report.status ? html` selected` : ''}>
              ${words(`status.${status}`)}
            </option>`,
        )}
      </select>
    </div>
    ${textFields(language, `outcome-${id}`, text.outcome, outcome)}
    <div><button type="submit">${text.save}</button></div>
  </form>`
  return html`<article class="staff-report" id="report-${id}">
    <div>
      <h3>${id}. ${words(`category.${category}`)}, ${nameOf(places, building, zone)}</h3>
      <p class="quiet">${time.format(createdMs)}, <strong>${words(`status.${report.status}`)}</strong></p>
      <p class="staff-written" dir="auto">${report.text ?? words('reported.erased')}</p>
    </div>
    ${
      closesReport(report.status)
        ? html`<details>
            <summary>${text.changeAnswer}</summary>
            ${form}
          </details>`
        : form
    }
  </article>`
}

/** The same text in both languages; one is enough. */
const textFields = (
  language: Language,
  id: string,
  label: string,
  told: { id?: string | undefined; en?: string | undefined } = {},
): Html =>
  html`${(['id', 'en'] as const).map(
    (in_) =>
      html`<div>
        <label for="${id}-${in_}"
          >${label} (${TEXTS[language][in_ === 'id' ? 'indonesian' : 'english']})</label
        >
        <textarea id="${id}-${in_}" name="${in_}" rows="2" lang="${in_}">${told[in_] ?? ''}</textarea>
      </div>`,
  )}`

const votesTable = ({ language, votes }: CitizensView): Html => {
  const text = TEXTS[language]
  const words = createWords(language)
  if (votes.length === 0) return html`<p>${text.noVotes}</p>`
  return html`<div class="staff-table" tabindex="0" role="region" aria-label="${text.votesOfWeek}">
    <table>
      <thead>
        <tr>
          <th scope="col">${text.building}</th>
          ${VOTE_CHOICES.map((choice) => html`<th scope="col" class="number">${words(`vote.${choice}`)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${votes.map(
          ({ name, counts }) =>
            html`<tr>
              <td data-label="${text.building}">${name}</td>
              ${VOTE_CHOICES.map(
                (choice) =>
                  html`<td data-label="${words(`vote.${choice}`)}" class="number">${counts[choice]}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

const changeForm = ({ language, places, today }: CitizensView): Html => {
  const text = TEXTS[language]
  return html`<form class="staff-form" method="post" action="/ops/changes">
    <div>
      <label for="change-place">${text.building}</label>
      <select id="change-place" name="place">
        ${places.map(({ path, name }) => html`<option value="${path}">${name}</option>`)}
      </select>
    </div>
    <div>
      <label for="change-date">${text.date}</label>
      <input id="change-date" name="date" type="date" required value="${today}" />
    </div>
    ${textFields(language, 'change', text.whatChanged)}
    <div><button type="submit">${text.tell}</button></div>
  </form>`
}

const changePart = ({ language, places }: CitizensView, change: VoteChange): Html => {
  const text = TEXTS[language]
  const { id, day, building, zone } = change
  return html`<article class="staff-report">
    <h3>${day}, ${nameOf(places, building, zone)}</h3>
    ${(['id', 'en'] as const).map((in_) =>
      change.text[in_] === undefined
        ? ''
        : html`<p class="staff-written" lang="${in_}">${change.text[in_]}</p>`,
    )}
    <form method="post" action="/ops/changes/${id}/remove">
      <button
        class="plain"
        type="submit"
        aria-label="${text.remove}: ${day}, ${nameOf(places, building, zone)}"
      >
        ${text.remove}
      </button>
    </form>
  </article>`
}

const nameOf = (places: readonly NamedPlace[], building: string, zone: string | null): string => {
  const path = zone === null ? building : `${building}/${zone}`
  return places.find((place) => place.path === path)?.name ?? path
}
