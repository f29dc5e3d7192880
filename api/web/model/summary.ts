import { createCalendar, type Calendar } from '../../../city/calendar.ts'
import type { ForecastHour } from '../../../store/forecasts.ts'
import { readNow, type BuildingView as KnownBuilding, type DisclosedNow } from '../../buildings.ts'
import type { ApiContext } from '../../context.ts'
import type { Language } from '../words.ts'
import type { BuildingState, BuildingSummary, Ike, PeopleDay } from '../view.ts'
import { openingOn } from './opening.ts'
import { disclosedInterval, peopleHours, quietHoursOf } from './peopleHours.ts'
import { freshnessAt, measuredOf, PAGE_ROLE, PEOPLE_ACCESS, peopleOf } from './readings.ts'
import { bucketsOf, HOURLY, twoDays } from './store.ts'

/** People of today and tomorrow by the hour, with when it is best to come. */
export const readPeopleDays = async (
  context: ApiContext,
  calendar: Calendar,
  building: KnownBuilding,
  nowMs: number,
): Promise<{ today: PeopleDay; tomorrow: PeopleDay } | null> => {
  const path = `${building.id}/occupancy`
  const datastream = context.catalogue.datastreams.find(path)
  if (!datastream) return null
  const { timeZone } = building
  const days = twoDays(nowMs, timeZone)
  const rows = await bucketsOf(context, datastream, {
    bucket: HOURLY,
    timeZone,
    fromMs: days.todayMs,
    toMs: nowMs + 1,
  })
  const forecast = context.forecasts.newest(building.id, 'occupancy')?.hours ?? []
  const day = (dayStartMs: number, dayEndMs: number, name: 'today' | 'tomorrow'): PeopleDay => {
    const hours = peopleHours({ dayStartMs, dayEndMs, nowMs, access: PEOPLE_ACCESS, rows, forecast })
    const opening = openingOn(calendar, building.described, dayStartMs)
    const best = quietHoursOf(hours, opening, { nowMs, day: name, most: 1 })[0] ?? null
    return { dayStartMs, hours, opening, capacity: building.capacityPeople, best }
  }
  return {
    today: day(days.todayMs, days.tomorrowMs, 'today'),
    tomorrow: day(days.tomorrowMs, days.endMs, 'tomorrow'),
  }
}

export interface SummaryInput {
  building: KnownBuilding
  language: Language
  calendar: Calendar
  nowMs: number
  now: Readonly<Record<string, DisclosedNow>>
  days: { today: PeopleDay; tomorrow: PeopleDay } | null
  forecast: readonly ForecastHour[]
  ike: Ike | null
  /** When anything was last measured, for a building without a number now. */
  newestMs?: number | undefined
}

/** The same of buildings now, with their two days, for the answers of `/v1` that say what their pages say. */
export const readSummaries = async (
  context: ApiContext,
  buildings: readonly KnownBuilding[],
  { language, nowMs }: { language: Language; nowMs: number },
): Promise<{ building: KnownBuilding; summary: BuildingSummary; days: SummaryInput['days'] }[]> => {
  const calendar = createCalendar(context.city)
  const nows = await readNow(context, buildings, PAGE_ROLE)
  return Promise.all(
    buildings.map(async (building, index) => {
      const days = await readPeopleDays(context, calendar, building, nowMs)
      const known = { building, language, calendar, nowMs, days, forecast: [], ike: null }
      return { building, summary: summarise({ ...known, now: nows[index] ?? {} }), days }
    }),
  )
}

/** One building as the list shows it. Its number in the list is given later. */
export const summarise = (input: SummaryInput): BuildingSummary => {
  const { building, calendar, nowMs, now, days } = input
  const people = peopleOf(now.occupancy, building.capacityPeople)
  const temperature = measuredOf(now.temperature)
  const co2 = measuredOf(now.co2)
  const powerKw = measuredOf(now.power, 1 / 1000)
  const times = Object.values(now).flatMap(({ timeMs }) => (timeMs === null ? [] : [timeMs]))
  const state = stateOf(people?.freshness, now, input)
  const open = building.described ? calendar.isOpen(building.described, nowMs) : undefined
  const hour = input.forecast.find(({ startMs, endMs }) => startMs <= nowMs && nowMs < endMs)
  return {
    ...described(building, input.language),
    state,
    open: open === undefined ? 'unknown' : open ? 'open' : 'closed',
    opensNextMs:
      building.described && open === false ? (calendar.nextOpening(building.described, nowMs) ?? null) : null,
    closesMs: building.described ? (calendar.closing(building.described, nowMs) ?? null) : null,
    people,
    peopleExpected: state === 'old' && hour ? disclosedInterval(PEOPLE_ACCESS, hour) : null,
    day: days?.today ?? null,
    best: state === 'silent' ? null : (days?.today.best ?? days?.tomorrow.best ?? null),
    temperature,
    co2,
    powerKw,
    ike: input.ike,
    latestMs: people?.timeMs ?? (times.length === 0 ? (input.newestMs ?? null) : Math.max(...times)),
  }
}

/** By its people counter where it has one: that is what the list is about; else by the freshest of its sensors. */
const stateOf = (
  people: NonNullable<BuildingSummary['people']>['freshness'] | undefined,
  now: SummaryInput['now'],
  { newestMs, nowMs }: Pick<SummaryInput, 'newestMs' | 'nowMs'>,
): BuildingState => {
  const all = Object.values(now).map(
    (property) => measuredOf({ ...property, value: property.value ?? 0 })?.freshness,
  )
  const freshness =
    people ??
    (['fresh', 'old', 'silent'] as const).find((state) => all.includes(state)) ??
    (newestMs === undefined ? 'none' : freshnessAt(newestMs, nowMs))
  return freshness === 'fresh' ? 'measured' : freshness
}

const described = (building: KnownBuilding, language: Language) => ({
  id: building.id,
  key: 0,
  name: building.name[language],
  use: building.described ? building.use : null,
  demonstration: building.demonstration,
  timeZone: building.timeZone,
  capacity: building.capacityPeople,
})

/** A building of which nothing can be said: never measured, or the store does not answer. */
export const unknownSummary = (
  building: KnownBuilding,
  {
    language,
    calendar,
    nowMs,
    state,
  }: { language: Language; calendar: Calendar; nowMs: number; state: 'none' | 'failing' },
): BuildingSummary => ({
  ...summarise({ building, language, calendar, nowMs, now: {}, days: null, forecast: [], ike: null }),
  state,
})

/** Quietest first; then closed ones, old, silent, not yet measured; in the city's order where equal. */
export const inOrder = (buildings: readonly BuildingSummary[]): BuildingSummary[] => {
  const group = (building: BuildingSummary): number => {
    if (building.state === 'measured')
      return building.open === 'closed' ? 2 : building.people === null ? 1 : 0
    return { old: 3, silent: 4, none: 5, failing: 5 }[building.state]
  }
  const full = ({ people }: BuildingSummary): number => people?.share ?? (people?.people === null ? 0 : 2)
  return [...buildings]
    .sort((a, b) => group(a) - group(b) || full(a) - full(b))
    .map((building, index) => ({ ...building, key: index + 1 }))
}
