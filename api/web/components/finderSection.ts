import { html } from 'hono/html'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { FinderView, OfficeRoom } from '../view.ts'
import { rangeWords } from './peopleWords.ts'

/** Who has room in a shared office at a chosen hour: a form that asks this page again, and the answer below it. */
export const finderSection = (format: Format, finder: FinderView): Html => {
  const { words } = format
  const { asked } = finder
  return html`<section class="finder" id="cari" aria-labelledby="finder-title">
    <h2 id="finder-title">${words('finder.title')}</h2>
    <div class="finder-parts">
      <form id="finder-form" method="get" action="/#cari">
        <div class="field">
          <label for="finder-day">${words('finder.day')}</label>
          <select id="finder-day" name="day">
            ${(['today', 'tomorrow'] as const).map(
              (day) =>
                html`<option value="${day}" ${day === asked.day ? html` selected` : ''}>
                  ${words(`finder.${day}`, { date: format.briefDate(day === 'today' ? finder.todayMs : finder.tomorrowMs) })}
                </option>`,
            )}
          </select>
        </div>
        <div class="field">
          <label for="finder-hour">${words('finder.hour')}</label>
          <select id="finder-hour" name="hour">
            ${finder.hours.map(
              (hour) =>
                html`<option value="${hour}" ${hour === asked.hour ? html` selected` : ''}>
                  ${format.clock(hour * 60)}
                </option>`,
            )}
          </select>
        </div>
        <div class="field">
          <label for="finder-people">${words('finder.people')}</label>
          <input
            id="finder-people"
            name="people"
            type="number"
            inputmode="numeric"
            min="1"
            max="${finder.mostPeople}"
            required
            value="${asked.people}"
          />
        </div>
        <button>${words('finder.find')}</button>
      </form>
      <ul class="finder-offices">
        ${finder.offices.map((office) => officeRoom(format, office, finder))}
      </ul>
    </div>
    <p class="note">${words('finder.note')}</p>
  </section>`
}

const officeRoom = (format: Format, office: OfficeRoom, finder: FinderView): Html => {
  const { words } = format
  const { id, name, verdict, free } = office
  return html`<li>
    <p>
      <a href="/buildings/${id}">${name}</a>
      <strong>${words(`room.${verdict}`, { people: finder.asked.people })}</strong>
    </p>
    ${
      free === null
        ? ''
        : html`<p class="note">
            ${words('finder.free', { range: rangeWords(format, { low: free.least, high: free.most }), time: format.time(finder.startMs) })}
          </p>`
    }
  </li>`
}
