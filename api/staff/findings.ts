import { html } from 'hono/html'
import type { Role } from '../../city/roles.ts'
import { listBuildings } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { localTimeWriter } from '../localTime.ts'
import { discloseFinding, type DisclosedFinding } from '../quality.ts'
import type { Html } from '../web/layout.ts'
import type { Language } from '../web/words.ts'
import { TEXTS, type Texts } from './texts.ts'
import { timeFormat } from './timeFormat.ts'

const DAY_MS = 86_400_000
/** Rows of one building: a sensor that flickers in one does not push the others off the page. */
const SHOWN_A_BUILDING = 20

/** What is doubtful in one building now: findings that last, or whose last reading is less than a day old. */
export interface BuildingFindings {
  name: string
  timeZone: string
  /** The newest ones. */
  shown: (DisclosedFinding & { fromMs: number; toMs: number | null })[]
  /** How many there are in all. */
  count: number
  /** Where all of them are as JSON. */
  href: string
}

/** The buildings that have findings; each with its newest ones first. */
export const recentFindings = (
  context: Pick<ApiContext, 'catalogue' | 'city' | 'quality' | 'now'>,
  role: Role,
  language: Language,
): BuildingFindings[] =>
  listBuildings(context).flatMap(({ id, name, timeZone }) => {
    const datastreams = new Map(context.catalogue.datastreams.list(id).map((it) => [it.id, it]))
    // A finding without an end touches every later time; one with an end, those up to it.
    const fromMs = context.now() - DAY_MS
    const question = { datastreamIds: [...datastreams.keys()], fromMs }
    const shown = context.quality.find({ ...question, limit: SHOWN_A_BUILDING }).flatMap((finding) => {
      const about = datastreams.get(finding.datastreamId)
      if (about === undefined) return []
      return [
        { ...discloseFinding(context, role, about, finding), fromMs: finding.fromMs, toMs: finding.toMs },
      ]
    })
    if (shown.length === 0) return []
    const search = new URLSearchParams({ thing: id, from: localTimeWriter(timeZone)(fromMs) })
    return [
      {
        name: name[language],
        timeZone,
        shown,
        count: context.quality.count(question),
        href: `/v1/quality?${search.toString()}`,
      },
    ]
  })

/** The section of `/ops`: what was found, since when, and what to do about it. */
export const findingsSection = (buildings: readonly BuildingFindings[], language: Language): Html => {
  const text = TEXTS[language]
  return html`<section>
    <h2>${text.findings}</h2>
    ${buildings.length === 0 ? html`<p>${text.noFindings}</p>` : html`<p>${text.findingsLead}</p>`}
    ${buildings.map((building) => buildingPart(building, text, language))}
  </section>`
}

const buildingPart = (
  { name, timeZone, shown, count, href }: BuildingFindings,
  text: Texts,
  language: Language,
) => {
  const format = timeFormat(language, timeZone, 'short')
  return html`<h3>${name}</h3>
    <p>${shown.length} ${text.of} ${count} <a href="${href}">JSON</a></p>
    <div class="staff-table" tabindex="0" role="region" aria-label="${text.findings}: ${name}">
      <table>
        <thead>
          <tr>
            <th scope="col">${text.datastream}</th>
            <th scope="col">${text.finding}</th>
            <th scope="col">${text.since}</th>
            <th scope="col">${text.whatToDo}</th>
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            ({ datastream, kind, detail, fromMs, toMs }) =>
              html`<tr>
                <td data-label="${text.datastream}">${datastream}</td>
                <td data-label="${text.finding}">
                  <div>${text[kind]}${detail === null ? '' : html`: <span lang="en">${detail}</span>`}</div>
                </td>
                <td data-label="${text.since}">
                  <div>
                    ${toMs === null ? html`${format.format(fromMs)} <strong>${text.lasts}</strong>` : format.formatRange(fromMs, toMs)}
                  </div>
                </td>
                <td data-label="${text.whatToDo}">${text.todo[kind]}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`
}
