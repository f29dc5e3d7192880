import type { Calendar } from '../../../city/calendar.ts'
import { readNow, type BuildingView as KnownBuilding, type DisclosedNow } from '../../buildings.ts'
import type { ForecastIssue } from '../../../store/forecasts.ts'
import type { ApiContext } from '../../context.ts'
import { createReliabilityReader } from '../../forecasts.ts'
import type { Format } from '../format.ts'
import type { BuildingView, DataSource, EnergyView, Frame, Ike, PeopleDay, Reliability } from '../view.ts'
import type { Language } from '../words.ts'
import { readUsualPower } from './background.ts'
import { readDoubts } from './doubts.ts'
import { openingLines } from './opening.ts'
import { readNewest } from './newest.ts'
import { quietHoursToCome } from './peopleHours.ts'
import { freshnessOf, PAGE_ROLE } from './readings.ts'
import { createMemory } from './remember.ts'
import { bucketsOf, HOURLY, twoDays } from './store.ts'
import { summarise, unknownSummary } from './summary.ts'
import { readVoice } from './voice.ts'

/** The parts that the overview reads as well, kept for a while. */
export interface SharedParts {
  days(building: KnownBuilding, nowMs: number): Promise<{ today: PeopleDay; tomorrow: PeopleDay } | null>
  energy(building: KnownBuilding, nowMs: number): Promise<EnergyView | null>
  ike(building: KnownBuilding, nowMs: number): Promise<Ike | null>
}

export interface BuildingInput {
  building: KnownBuilding
  language: Language
  frame: Frame
  format: Format
  calendar: Calendar
}

const SOURCES = [
  ['people', 'occupancy'],
  ['temperature', 'temperature'],
  ['co2', 'co2'],
  ['humidity', 'humidity'],
  ['energy', 'energy'],
  ['power', 'power'],
  ['water', 'water'],
] as const satisfies readonly (readonly [DataSource['property'], string])[]

const HOUR_KEPT_MS = 10 * 60_000
const COVERAGE_KEPT_MS = 60_000

/** Reads everything that one building's page shows. When the store does not answer, the page says so. */
export const createBuildingReader = (context: ApiContext, parts: SharedParts) => {
  const reliabilityOf = context.reliabilityOf ?? createReliabilityReader(context)
  const rememberUsual = createMemory<BuildingView['usualPowerKw']>(() => context.now(), HOUR_KEPT_MS)
  const rememberSources = createMemory<Map<string, number>>(() => context.now(), COVERAGE_KEPT_MS)

  return async (input: BuildingInput): Promise<BuildingView> => {
    const { building, language, frame, calendar } = input
    const { nowMs } = frame
    const known = knownFacts(input)
    try {
      const [nows, days, energy, ike, usualPowerKw, coverage] = await Promise.all([
        readNow(context, [building], PAGE_ROLE),
        parts.days(building, nowMs),
        parts.energy(building, nowMs),
        parts.ike(building, nowMs),
        rememberUsual(building.id, () =>
          readUsualPower(context, context.catalogue.datastreams.find(`${building.id}/power`), {
            calendar,
            timeZone: building.timeZone,
            nowMs,
          }),
        ),
        rememberSources(building.id, () => readCoverage(context, building, nowMs)),
      ])
      const now = nows[0] ?? {}
      const newestMs = (await readNewest(context, [building], nows)).get(building.id)
      const people = context.forecasts.newest(building.id, 'occupancy')
      const issue = context.forecasts.newest(building.id, 'energy')
      const newest = issue ?? people
      return {
        ...frame,
        ...known,
        building: {
          ...summarise({
            building,
            language,
            calendar,
            nowMs,
            now,
            days,
            forecast: people?.hours ?? [],
            ike,
            newestMs,
          }),
          key: 1,
        },
        doubts: readDoubts(context, building, { now, nowMs }),
        today: days?.today ?? null,
        tomorrow: days?.tomorrow ?? null,
        quietHours: quietHoursToCome(days, nowMs),
        energy,
        sources: sourcesOf(now, coverage),
        forecast: newest ? toldForecast(newest) : null,
        reliability: issue ? scored(await reliabilityOf(issue)) : null,
        usualPowerKw,
      }
    } catch (error) {
      context.log.warn(
        { err: error, building: building.id },
        'a building could not be read; its page says so',
      )
      return {
        ...frame,
        ...known,
        failing: true,
        building: unknownSummary(building, { language, calendar, nowMs, state: 'failing' }),
        doubts: [],
        today: null,
        tomorrow: null,
        quietHours: [],
        energy: null,
        sources: [],
        forecast: null,
        reliability: null,
        usualPowerKw: null,
      }
    }
  }

  function knownFacts({ building, language, format }: BuildingInput) {
    return {
      areaSquareMetres: building.areaSquareMetres,
      openingLines: openingLines(format, building.described),
      services: building.described?.services.map((service) => service[language]) ?? [],
      tariffRupiahPerKwh: context.city.tariffRupiahPerKwh,
      voice: readVoice(context, building, language),
    }
  }
}

/** A forecast from fewer hours than this says so. */
const WHOLE_ENOUGH = 0.9

const toldForecast = ({ issuedAtMs, model, context }: ForecastIssue): BuildingView['forecast'] => ({
  issuedAtMs,
  model: `${model.name} ${model.version}`,
  coldStart: context?.coldStart ?? false,
  measuredShare: context && context.measured < WHOLE_ENOUGH ? context.measured : null,
})

const scored = ({
  days,
  daysInside,
  nrmse,
}: {
  days: number
  daysInside: number
  nrmse: number | null
}): Reliability | null => (days === 0 ? null : { days, daysInside, errorPercent: nrmse })

/** Share of today's whole hours that data cover, by property, of the building's own Datastreams. */
const readCoverage = async (
  context: ApiContext,
  building: KnownBuilding,
  nowMs: number,
): Promise<Map<string, number>> => {
  const { todayMs } = twoDays(nowMs, building.timeZone)
  const toMs = todayMs + Math.floor((nowMs - todayMs) / 3_600_000) * 3_600_000
  const found = new Map<string, number>()
  if (toMs <= todayMs) return found
  for (const [, property] of SOURCES) {
    const datastream = context.catalogue.datastreams.find(`${building.id}/${property}`)
    if (!datastream) continue
    const hours = await bucketsOf(context, datastream, {
      bucket: HOURLY,
      timeZone: building.timeZone,
      fromMs: todayMs,
      toMs,
    })
    if (hours.length > 0)
      found.set(property, hours.reduce((sum, { measured }) => sum + measured, 0) / hours.length)
  }
  return found
}

const sourcesOf = (
  now: Readonly<Record<string, DisclosedNow>>,
  coverage: ReadonlyMap<string, number>,
): DataSource[] =>
  SOURCES.flatMap(([name, property]) => {
    const known = now[property]
    return known
      ? [
          {
            property: name,
            latestMs: known.timeMs,
            freshness: freshnessOf(known.state, known.ageSeconds),
            coverage: coverage.get(property) ?? null,
          },
        ]
      : []
  })
