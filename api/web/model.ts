import { createCalendar } from '../../city/calendar.ts'
import type { CityFile } from '../../city/cityFile.ts'
import { listBuildings, readNow, type BuildingView as KnownBuilding } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { createFormat, type Format } from './format.ts'
import { readIke } from './model/background.ts'
import { createBuildingReader } from './model/buildingView.ts'
import { findRoom, type FinderQuestion } from './model/finder.ts'
import { readNewest } from './model/newest.ts'
import { createMemory } from './model/remember.ts'
import { PAGE_ROLE } from './model/readings.ts'
import { inOrder, readPeopleDays, summarise, unknownSummary } from './model/summary.ts'
import { twoDays } from './model/store.ts'
import { readEnergy } from './model/todaysEnergy.ts'
import type { BuildingSummary, BuildingView, EnergyView, Frame, OverviewView } from './view.ts'
import type { Language } from './words.ts'

/** Gathers what a page shows. Everything in it is what everybody may know: `city/disclosure.ts` has been asked. */
export interface PageModel {
  format(language: Language, timeZone?: string): Format
  overview(language: Language, question?: FinderQuestion): Promise<OverviewView>
  /** Undefined when the city knows no such building. */
  building(id: string, language: Language): Promise<BuildingView | undefined>
}

/** How long the slower parts are kept: a day's hours, and what changes once a day. */
const DAY_KEPT_MS = 15_000
const MONTH_KEPT_MS = 30 * 60_000

export const createPageModel = (context: ApiContext): PageModel => {
  const calendar = createCalendar(context.city)
  const now = (): number => context.now()
  const rememberDays = createMemory<Awaited<ReturnType<typeof readPeopleDays>>>(now, DAY_KEPT_MS)
  const rememberEnergy = createMemory<Awaited<ReturnType<typeof readEnergy>>>(now, DAY_KEPT_MS)
  const rememberIke = createMemory<Awaited<ReturnType<typeof readIke>>>(now, MONTH_KEPT_MS)

  const parts = {
    days: (building: KnownBuilding, nowMs: number) =>
      rememberDays(building.id, () => readPeopleDays(context, calendar, building, nowMs)),
    energy: (building: KnownBuilding, nowMs: number) =>
      rememberEnergy(building.id, () => readEnergy(context, building, nowMs)),
    ike: (building: KnownBuilding, nowMs: number) =>
      rememberIke(building.id, () => readIke(context, building, nowMs)),
  }
  const formats = new Map<string, Format>()
  const format = (language: Language, timeZone = context.city.timeZone): Format => {
    const key = `${language} ${timeZone}`
    let made = formats.get(key)
    if (!made) formats.set(key, (made = createFormat(language, timeZone)))
    return made
  }
  const readWhole = createBuildingReader(context, parts)

  const numbers = async (buildings: readonly KnownBuilding[], nowMs: number, language: Language) => {
    const nows = await readNow(context, buildings, PAGE_ROLE)
    const newest = await readNewest(context, buildings, nows)
    return Promise.all(
      buildings.map(async (building, index) => {
        const [days, energy, ike] = await Promise.all([
          parts.days(building, nowMs),
          parts.energy(building, nowMs),
          parts.ike(building, nowMs),
        ])
        const forecast = context.forecasts.newest(building.id, 'occupancy')?.hours ?? []
        const summary = summarise({
          building,
          language,
          calendar,
          nowMs,
          now: nows[index] ?? {},
          days,
          forecast,
          ike,
          newestMs: newest.get(building.id),
        })
        return { summary, energy, days }
      }),
    )
  }

  return {
    format,
    async overview(language, question = {}) {
      const nowMs = now()
      const buildings = listBuildings(context)
      const frame = frameOf(context.city, buildings, nowMs, language)
      const footprints = buildings.flatMap(({ id, geometry }) =>
        geometry === null ? [] : [{ id, rings: geometry.coordinates }],
      )
      try {
        const read = await numbers(buildings, nowMs, language)
        const summaries = read.map(({ summary }) => summary)
        return {
          ...frame,
          footprints,
          land: context.city.map,
          buildings: inOrder(summaries),
          ...energyToday(
            read.map(({ energy }) => energy),
            twoDays(nowMs, context.city.timeZone).todayMs,
          ),
          ...finderOf(read, question, { nowMs, ...twoDays(nowMs, context.city.timeZone) }),
          powerNowKw: sumOf(
            summaries.map(({ powerKw }) => (powerKw?.freshness === 'fresh' ? powerKw.value : null)),
          ),
        }
      } catch (error) {
        context.log.warn({ err: error }, 'the overview could not be read; it is shown without numbers')
        const unknown = { language, calendar, nowMs, state: 'failing' as const }
        return {
          ...frame,
          failing: true,
          footprints,
          land: context.city.map,
          buildings: inOrder(buildings.map((building) => unknownSummary(building, unknown))),
          energyTodayKwh: null,
          energyUntilMs: null,
          powerNowKw: null,
        }
      }
    },
    async building(id, language) {
      const buildings = listBuildings(context)
      const building = buildings.find((known) => known.id === id)
      if (!building) return undefined
      const nowMs = now()
      const frame = { ...frameOf(context.city, [building], nowMs, language), timeZone: building.timeZone }
      return readWhole({ building, language, frame, format: format(language, building.timeZone), calendar })
    },
  }
}

const frameOf = (
  city: CityFile,
  buildings: readonly KnownBuilding[],
  nowMs: number,
  language: Language,
): Frame => {
  const demonstrations = buildings.filter(({ demonstration }) => demonstration).length
  return {
    cityName: city.name[language],
    timeZone: city.timeZone,
    nowMs,
    demonstration: demonstrations === 0 ? 'none' : demonstrations === buildings.length ? 'all' : 'some',
    failing: false,
  }
}

const finderOf = (
  read: readonly { summary: BuildingSummary; days: Awaited<ReturnType<typeof readPeopleDays>> }[],
  question: FinderQuestion,
  times: { nowMs: number; todayMs: number; tomorrowMs: number },
): Pick<OverviewView, 'finder'> => {
  const offices = read
    .filter(({ summary }) => summary.use === 'shared-office')
    .map(({ summary: { id, name, state, capacity }, days }) => ({ id, name, state, capacity, days }))
  return offices.length === 0 ? {} : { finder: findRoom(offices, question, times) }
}

/** Electricity of the buildings that have the city's midnight, and until when the newest of them is known. */
const energyToday = (energies: readonly (EnergyView | null)[], todayMs: number) => {
  const same = energies.flatMap((energy) => (energy?.todayMs === todayMs ? [energy] : []))
  const until = same.flatMap(({ measuredUntilMs }) => (measuredUntilMs === null ? [] : [measuredUntilMs]))
  return {
    energyTodayKwh: sumOf(same.map(({ todayKwh }) => todayKwh)),
    energyUntilMs: until.length === 0 ? null : Math.max(...until),
  }
}

/** The sum of what is known; null when nothing is. */
const sumOf = (values: readonly (number | null)[]): number | null => {
  const known = values.flatMap((value) => (value === null ? [] : [value]))
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}
