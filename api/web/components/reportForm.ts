import { html } from 'hono/html'
import { MAX_TEXT_BYTES, REPORT_CATEGORIES } from '../../../city/reports.ts'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { BuildingView } from '../view.ts'
import type { Visit } from '../voiceView.ts'
import { zoneField } from './zoneField.ts'

/** A problem of the building, told without a name; what is wrong with it stands beside its field. */
export const reportSection = (format: Format, view: BuildingView, { report }: Visit): Html => {
  const { words } = format
  const { building, voice } = view
  const problem = report?.problem
  return html`<section class="voice-part" id="lapor" aria-labelledby="report-title">
    <h2 id="report-title">${words('report.title')}</h2>
    <form class="report" id="report-form" method="post" action="/buildings/${building.id}/reports">
      <div class="field">
        <label for="report-category">${words('report.about')}</label>
        <select id="report-category" name="category">
          ${REPORT_CATEGORIES.map(
            (category) =>
              html`<option value="${category}" ${category === report?.category ? html` selected` : ''}>
                ${words(`category.${category}`)}
              </option>`,
          )}
        </select>
      </div>
      ${zoneField(format, voice.zones, { id: 'report-zone', chosen: report?.zone ?? null })}
      <div class="field ${problem ? 'field-wrong' : ''}">
        <label for="report-text">${words('report.what')}</label>
        ${
          problem
            ? html`<p class="field-error" id="report-problem" role="alert">
                ${warningSign()} ${words(`report.${problem}`, { bytes: format.number(MAX_TEXT_BYTES) })}
              </p>`
            : ''
        }
        <textarea
          id="report-text"
          name="text"
          rows="4"
          maxlength="${MAX_TEXT_BYTES}"
          required
          ${problem ? html` autofocus` : ''}
          aria-describedby="report-note${problem ? ' report-problem' : ''}"
          ${problem === 'empty' || problem === 'long' ? html`aria-invalid="true"` : ''}
        >
${report?.text ?? ''}</textarea>
      </div>
      <p class="note" id="report-note">
        ${words('report.noNames')}
        ${voice.reportDays === null ? '' : words('report.kept', { days: voice.reportDays })}
      </p>
      <button>${words('report.send')}</button>
    </form>
    <p class="note">${words('report.answer')}</p>
  </section>`
}

const warningSign = (): Html =>
  html`<svg class="warning-sign" width="18" height="16" viewBox="0 0 18 16" aria-hidden="true">
    <path d="M9 1.2 17 15H1zM9 6v4.5M9 12.2v1.2" />
  </svg>`
