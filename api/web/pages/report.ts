import { html } from 'hono/html'
import { reportSteps } from '../components/reportSteps.ts'
import type { Format } from '../format.ts'
import { layout, type Html } from '../layout.ts'
import type { ReportView } from '../voiceView.ts'

/** `/reports/{token}`: how far a report is and what the operators say, for whoever has the link. */
export const reportPage = (format: Format, view: ReportView): Html => {
  const { words } = format
  const { report, buildingId, buildingName, zone, outcome, nowMs } = view
  const title = words('reported.title', { id: String(report.id) })
  const path = new URL(view.address).pathname
  return layout({
    title,
    language: format.language,
    path,
    demonstration: view.demonstration ? 'some' : 'none',
    timeZoneName: format.zoneName(nowMs),
    body: html`<div class="wrap reported">
      <p class="back"><a href="/buildings/${buildingId}">${buildingName}</a></p>
      <h1 class="building-name">${words(`status.${report.status}`)}</h1>
      <p class="dateline">
        <span
          >${title}, ${words(`category.${report.category}`)},
          ${zone ?? words('voice.wholeBuilding').toLowerCase()}</span
        >
        <span>${words('reported.changed', { time: format.last(report.changedMs, nowMs) })}</span>
      </p>
      <div class="reported-parts">
        <section aria-labelledby="answer-title">
          <h2 id="answer-title">${words('reported.answer')}</h2>
          <p class="reported-steps">
            ${reportSteps(report.status)} <span>${words(`status.${report.status}`)}</span>
          </p>
          ${
            outcome === null
              ? html`<p>${words(`reported.${report.status}`)}</p>`
              : html`<p class="written" lang="${outcome.language}">${outcome.text}</p>`
          }
        </section>
        <section aria-labelledby="own-title">
          <h2 id="own-title">${words('reported.own')}</h2>
          <p class="note">${words('reported.sent', { time: format.last(report.createdMs, nowMs) })}</p>
          ${
            report.text === null
              ? html`<p>${words('reported.erased')}</p>`
              : html`<p class="written" dir="auto">${report.text}</p>`
          }
          ${
            report.text === null || view.reportDays === null
              ? ''
              : html`<p class="note">${words('reported.kept', { days: view.reportDays })}</p>`
          }
        </section>
        <section class="reported-link" aria-labelledby="link-title">
          <h2 id="link-title">${words('reported.keep')}</h2>
          <p><a class="address" href="${path}">${view.address}</a></p>
          <p class="note">${words('reported.private')}</p>
        </section>
      </div>
    </div>`,
  })
}
