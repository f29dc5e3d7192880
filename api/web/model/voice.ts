import { NadiError } from '../../../city/errors.ts'
import type { Told } from '../../../city/reports.ts'
import { discloseVotes, votePeriodOf } from '../../../city/votes.ts'
import { listBuildings, type BuildingView as KnownBuilding } from '../../buildings.ts'
import type { ApiContext } from '../../context.ts'
import type { ReportView, ToldText, VoiceView, Zone } from '../voiceView.ts'
import type { Language } from '../words.ts'
import { PAGE_ROLE } from './readings.ts'

type Needed = Pick<ApiContext, 'city' | 'catalogue' | 'now' | 'reportDays'>

/** As many changes stand on a page. */
const CHANGES_SHOWN = 8

/** Votes of the last whole week, what they changed, and where a vote or report may be about. */
export const readVoice = (context: Needed, building: KnownBuilding, language: Language): VoiceView => {
  const { id, timeZone } = building
  const nowMs = context.now()
  const today = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(timeZone).toPlainDate()
  const zones = zonesOf(building, language)
  const lastWeek = votePeriodOf(today.subtract({ weeks: 1 }), 'week', timeZone)
  const hours = context.catalogue.votes.list(id, lastWeek)
  const told = (of: typeof hours) => discloseVotes(PAGE_ROLE, of, { timeZone, nowMs })
  return {
    zones,
    votes: {
      counts: told(hours),
      zones: zones
        .map(({ id: zone, name }) => ({ name, counts: told(hours.filter((hour) => hour.zone === zone)) }))
        .filter(({ counts }) => counts.votes !== null),
    },
    changes: context.catalogue.voteChanges
      .list({ building: id, limit: CHANGES_SHOWN })
      .flatMap(({ day, zone, text }) => {
        const told = toldIn(text, language)
        const dayMs = Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds
        return told ? [{ dayMs, zone: zone === null ? null : nameOf(zones, zone), text: told }] : []
      }),
    reportDays: context.reportDays ?? null,
  }
}

/** The report whose private link ends in the token. Throws `not-found`. */
export const readReport = (
  context: Needed,
  { token, language, address }: { token: string; language: Language; address: string },
): ReportView & { timeZone: string } => {
  const report = context.catalogue.reports.byToken(token)
  if (!report) throw new NadiError('not-found', 'No report has this link.')
  const building = listBuildings(context).find(({ id }) => id === report.building)
  return {
    report,
    buildingId: report.building,
    buildingName: building?.name[language] ?? report.building,
    demonstration: building?.demonstration ?? false,
    zone: report.zone === null ? null : nameOf(building ? zonesOf(building, language) : [], report.zone),
    outcome: toldIn(report.outcome, language),
    nowMs: context.now(),
    address,
    reportDays: context.reportDays ?? null,
    timeZone: building?.timeZone ?? context.city.timeZone,
  }
}

/** The parts of a building with what people call them. */
export const zonesOf = (building: KnownBuilding, language: Language): Zone[] =>
  building.described?.zones.map(({ id, name }) => ({ id, name: name?.[language] ?? id })) ?? []

const nameOf = (zones: readonly Zone[], zone: string): string =>
  zones.find(({ id }) => id === zone)?.name ?? zone

/** The text in the language, else in the other one. */
const toldIn = (text: Told, language: Language): ToldText | null => {
  const own = text[language]
  if (own !== undefined) return { text: own, language }
  const other = language === 'id' ? 'en' : 'id'
  const told = text[other]
  return told === undefined ? null : { text: told, language: other }
}
