import { html } from 'hono/html'
import { MINIMUM_PEOPLE } from '../../../city/disclosure.ts'
import type { Format } from '../format.ts'
import { layout, type Html } from '../layout.ts'

/** What the page about privacy is told: how long things are kept here, in days. */
export interface PrivacyView {
  /** Single readings; 0 = without an end. */
  rawDays: number
  /** Texts of reports after they were closed; null where none are taken. */
  reportDays: number | null
  /** Counts of people and their sums; null = as other readings. */
  peopleDays: number | null
}

/** `/privacy`: what is published of people, what not, why, and for how long. docs/privacy.md says the same. */
export const privacyPage = (format: Format, { rawDays, reportDays, peopleDays }: PrivacyView): Html => {
  const { words } = format
  const count = MINIMUM_PEOPLE
  const part = (id: string, title: string, lines: readonly string[]): Html =>
    html`<section class="privacy-part" aria-labelledby="${id}">
      <h2 id="${id}">${title}</h2>
      ${
        lines.length === 1
          ? html`<p>${lines[0]}</p>`
          : html`<ul>
              ${lines.map((line) => html`<li>${line}</li>`)}
            </ul>`
      }
    </section>`
  return layout({
    title: words('privacy.title'),
    language: format.language,
    path: '/privacy',
    body: html`<div class="wrap privacy">
      <h1 class="building-name">${words('privacy.title')}</h1>
      <p class="privacy-lead">${words('privacy.lead')}</p>
      ${part('shown', words('privacy.shown'), [
        words('privacy.shownPeople', { count }),
        words('privacy.shownOther'),
        words('privacy.shownForecast'),
        words('privacy.shownVotes', { count }),
      ])}
      ${part('hidden', words('privacy.hidden'), [
        words('privacy.hiddenFew', { count }),
        words('privacy.hiddenSums'),
        words('privacy.hiddenWho'),
      ])}
      ${part('staff', words('privacy.staff'), [words('privacy.staffText')])}
      ${part('kept', words('privacy.kept'), [
        words('privacy.keptRaw', { days: rawDays }),
        ...(peopleDays === null ? [] : [words('privacy.keptPeople', { days: peopleDays })]),
        words('privacy.keptForecasts'),
        ...(reportDays === null ? [] : [words('privacy.keptReports', { days: reportDays })]),
      ])}
      ${part('ask', words('privacy.ask'), [words('privacy.askText')])}
    </div>`,
  })
}
