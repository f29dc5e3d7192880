import type { FinderView, Footprint, Measured, OverviewView } from '../../api/web/view.ts'
import { HOUR_MS } from '../../city/partials.ts'
import { day, MIDNIGHT_MS, MINUTE_MS, NOW_MS } from './pageDay.ts'
import { blank, city } from './pageSummaries.ts'

const PLACES: Readonly<Record<string, [number, number, number]>> = {
  'shared-office': [-230, 60, 0.2],
  library: [120, -190, 0.3],
  ministry: [-150, 240, 0.15],
  archive: [-330, -60, 0.1],
  service: [-90, -110, 0],
  housing: [260, 0, -0.2],
  'town-hall': [60, 300, 0.25],
  clinic: [300, -140, -0.1],
}

/** A block with a wing, turned a little, around a place in metres from the middle. */
const footprint = (id: string, [east, north, turn]: [number, number, number]): Footprint => {
  const outline: [number, number][] = [
    [-40, -30],
    [40, -30],
    [40, -8],
    [-12, -8],
    [-12, 34],
    [-40, 34],
    [-40, -30],
  ]
  const ring = outline.map(([x, y]): readonly [number, number] => {
    const [dx, dy] = [
      x * Math.cos(turn) - y * Math.sin(turn) + east,
      x * Math.sin(turn) + y * Math.cos(turn) + north,
    ]
    return [116.7 + dx / 111_320, -0.97 + dy / 110_574]
  })
  return { id, rings: [ring] }
}

/** Two shared offices, asked for twelve people tomorrow at nine. */
const finder = (): FinderView => ({
  asked: { day: 'tomorrow', hour: 9, people: 12 },
  hours: Array.from({ length: 14 }, (_, index) => 7 + index),
  mostPeople: 500,
  todayMs: MIDNIGHT_MS,
  tomorrowMs: MIDNIGHT_MS + 24 * HOUR_MS,
  startMs: MIDNIGHT_MS + 33 * HOUR_MS,
  offices: [
    { id: 'shared-office', name: 'Kantor Bersama Barat', verdict: 'sure', free: { least: 230, most: 290 } },
    { id: 'east', name: 'Kantor Bersama Timur', verdict: 'closed', free: null },
  ],
})

export const overview = (given: Partial<OverviewView> = {}): OverviewView => ({
  cityName: 'Kawasan Inti',
  timeZone: 'Asia/Makassar',
  nowMs: NOW_MS,
  demonstration: 'some',
  failing: false,
  buildings: city(),
  footprints: Object.entries(PLACES).map(([id, place]) => footprint(id, place)),
  energyTodayKwh: 6840,
  energyUntilMs: MIDNIGHT_MS + 10 * HOUR_MS,
  powerNowKw: 1203,
  finder: finder(),
  ...given,
})

export const emptyOverview = (): OverviewView =>
  overview({ buildings: city().map(blank), energyTodayKwh: null, energyUntilMs: null, powerNowKw: null })

export const failingOverview = (): OverviewView =>
  overview({
    failing: true,
    finder: undefined,
    energyTodayKwh: null,
    energyUntilMs: null,
    powerNowKw: null,
    buildings: city().map((building) => ({ ...blank(building), state: 'failing' })),
  })

export const staleOverview = (): OverviewView =>
  overview({
    powerNowKw: null,
    buildings: city().map((building) =>
      building.state === 'none'
        ? building
        : {
            ...(city()[6] ?? building),
            id: building.id,
            name: building.name,
            key: building.key,
            capacity: 400,
          },
    ),
  })

export const closedOverview = (): OverviewView => {
  const nowMs = MIDNIGHT_MS + 22 * HOUR_MS
  const opensNextMs = MIDNIGHT_MS + 31.5 * HOUR_MS
  return overview({
    nowMs,
    buildings: city()
      .slice(0, 5)
      .map((building) => {
        const late = (measured: Measured | null) => measured && { ...measured, timeMs: nowMs - 2 * MINUTE_MS }
        const tomorrow = building.best && {
          ...building.best,
          day: 'tomorrow' as const,
          startMs: opensNextMs,
          endMs: opensNextMs + HOUR_MS,
        }
        return {
          ...building,
          open: 'closed' as const,
          opensNextMs,
          people: building.people && {
            ...building.people,
            people: null,
            share: null,
            level: 'quiet' as const,
            timeMs: nowMs - 2 * MINUTE_MS,
          },
          day: day({ capacity: building.capacity, peak: 200, nowMs }),
          best: tomorrow,
          temperature: late(building.temperature),
          co2: late(building.co2),
          powerKw: late(building.powerKw),
          latestMs: nowMs - 2 * MINUTE_MS,
        }
      }),
  })
}
