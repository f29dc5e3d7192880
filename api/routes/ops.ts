import type { OpenAPIHono } from '@hono/zod-openapi'
import { html } from 'hono/html'
import type { Device, Notice } from '../../store/catalogue/catalogue.ts'
import { recordAccess } from '../audit.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { adminLinks } from '../staff/adminLinks.ts'
import { findingsSection, recentFindings } from '../staff/findings.ts'
import { staffOnly } from '../staff/guard.ts'
import { staffPage } from '../staff/page.ts'
import { TEXTS, type Texts } from '../staff/texts.ts'
import { timeFormat } from '../staff/timeFormat.ts'

const NOTICES_SHOWN = 50

/** `/ops`: what the operators have to know, on one page that works without scripts. */
export const opsRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const router = createRouter()
  router.get('/ops', staffOnly('/ops', 'operator'), async (c) => {
    const principal = c.get('principal')
    const { catalogue, city } = context
    const language = c.get('language')
    const text = TEXTS[language]
    const time = timeWriter(language, city.timeZone)
    const findings = recentFindings(context, principal.role, language)
    // Their sentences hold exact values, as those of `/v1/quality` do.
    await recordAccess(
      context,
      principal,
      { action: 'access.quality', subject: 'all' },
      findings.flatMap(({ shown }) =>
        shown.flatMap(({ datastream }) => catalogue.datastreams.find(datastream) ?? []),
      ),
    )
    return c.html(
      staffPage(c, {
        title: text.ops,
        path: '/ops',
        demonstration: demonstrationOf(context),
        body: html`<form class="staff-who" method="post" action="/logout">
            <span>${text.loggedInAs} <strong>${principal.id}</strong> (${principal.role})</span>
            <a href="/ops/citizens">${text.citizens}</a>
            ${principal.role === 'administrator' ? adminLinks(language) : ''}
            <a href="/flows/">${text.flows}</a>
            <button class="plain" type="submit">${text.logout}</button>
          </form>
          <section>
            <h2>${text.notices}</h2>
            ${noticeTable(catalogue.notices.list({ limit: NOTICES_SHOWN }), text, time)}
          </section>
          ${findingsSection(findings, language)}
          <section>
            <h2>${text.devices}</h2>
            ${deviceTable(catalogue.devices.list(), text, time)}
            <p>${text.quarantine}: ${catalogue.quarantine.count()}</p>
          </section>`,
      }),
    )
  })
  return router
}

const demonstrationOf = ({ city }: ApiContext): 'all' | 'some' | 'none' => {
  if (city.buildings.every(({ demonstration }) => demonstration)) return 'all'
  return city.buildings.some(({ demonstration }) => demonstration) ? 'some' : 'none'
}

type Time = (timeMs: number | null) => string

const timeWriter = (language: 'id' | 'en', timeZone: string): Time => {
  const format = timeFormat(language, timeZone, 'medium')
  return (timeMs) => (timeMs === null ? '–' : format.format(timeMs))
}

const noticeTable = (notices: readonly Notice[], text: Texts, time: Time) =>
  notices.length === 0
    ? html`<p>${text.noNotices}</p>`
    : html`<div class="staff-table" tabindex="0" role="region" aria-label="${text.notices}">
        <table>
          <thead>
            <tr>
              <th scope="col">${text.time}</th>
              <th scope="col">${text.severity}</th>
              <th scope="col">${text.about}</th>
              <th scope="col">${text.message}</th>
              <th scope="col">${text.source}</th>
            </tr>
          </thead>
          <tbody>
            ${notices.map(
              ({ createdMs, severity, about, message, source }) =>
                html`<tr>
                  <td data-label="${text.time}">${time(createdMs)}</td>
                  <td data-label="${text.severity}" ${severity === 'alarm' ? html` class="staff-alarm"` : ''}>
                    ${text[severity]}
                  </td>
                  <td data-label="${text.about}">${about}</td>
                  <td data-label="${text.message}">${message}</td>
                  <td data-label="${text.source}">${source}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`

const deviceTable = (devices: readonly Device[], text: Texts, time: Time) =>
  devices.length === 0
    ? html`<p>${text.noDevices}</p>`
    : html`<div class="staff-table" tabindex="0" role="region" aria-label="${text.devices}">
        <table>
          <thead>
            <tr>
              <th scope="col">${text.device}</th>
              <th scope="col">${text.building}</th>
              <th scope="col">${text.status}</th>
              <th scope="col">${text.lastSeen}</th>
              <th scope="col" class="number">${text.forbidden}</th>
            </tr>
          </thead>
          <tbody>
            ${devices.map(
              ({ id, building, status, revokedMs, lastSeenMs, forbiddenCount }) =>
                html`<tr>
                  <td data-label="${text.device}">${id}</td>
                  <td data-label="${text.building}">${building}</td>
                  <td data-label="${text.status}">${revokedMs === null ? text[status] : text.revoked}</td>
                  <td data-label="${text.lastSeen}">${time(lastSeenMs)}</td>
                  <td data-label="${text.forbidden}" class="number">${forbiddenCount}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`
