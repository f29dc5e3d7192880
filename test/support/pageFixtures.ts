import type {
  BestHours,
  BuildingSummary,
  BuildingView,
  EnergyHour,
  Footprint,
  Interval,
  Measured,
  OverviewView,
  PeopleDay,
  PeopleHour,
  PeopleNow,
} from '../../api/web/view.ts'
import { shareOf } from '../../api/web/components/peopleWords.ts'
import { ikeOf } from '../../api/web/model/ike.ts'

/** A made-up city at 10.15 WITA on Tuesday 24 November 2026, in every state that a page can be in. */
export const HOUR_MS = 3_600_000
export const MINUTE_MS = 60_000
export const MIDNIGHT_MS = Date.UTC(2026, 10, 23, 16)
export const NOW_MS = MIDNIGHT_MS + 10 * HOUR_MS + 15 * MINUTE_MS

const SHAPE = [
  0, 0, 0, 0, 0, 0, 0.04, 0.2, 0.6, 0.9, 1, 0.95, 0.6, 0.45, 0.8, 0.72, 0.3, 0.1, 0.06, 0.02, 0, 0, 0, 0,
]
const tens = (people: number): number => Math.round(people / 10) * 10

export interface DayOptions {
  capacity: number | null
  peak: number
  nowMs?: number
  dayStartMs?: number
  opens?: number
  closes?: number
  always?: boolean
  closed?: boolean
  silentFrom?: number
  lastMeasuredHour?: number
  forecast?: boolean
}

export const day = (options: DayOptions): PeopleDay => {
  const { capacity, peak, nowMs = NOW_MS, dayStartMs = MIDNIGHT_MS, opens = 7.5, closes = 16 } = options
  const hours = SHAPE.map((share, hour): PeopleHour => {
    const startMs = dayStartMs + hour * HOUR_MS
    const people = options.closed ? 0 : tens(share * peak)
    const past = startMs < nowMs && hour <= (options.lastMeasuredHour ?? 23)
    const value = people < 10 ? 'few' : people
    const interval: Interval = {
      low: Math.max(10, tens(people * 0.75)),
      middle: people,
      high: tens(people * 1.3) + 10,
    }
    return {
      startMs,
      endMs: startMs + HOUR_MS,
      measured: past ? value : null,
      forecast: options.forecast === false ? null : value === 'few' ? 'few' : interval,
    }
  })
  const best: BestHours | null =
    options.closed || options.forecast === false
      ? null
      : {
          startMs: dayStartMs + 13 * HOUR_MS,
          endMs: dayStartMs + 14 * HOUR_MS,
          people: { low: tens(peak * 0.35), middle: tens(peak * 0.45), high: tens(peak * 0.6) },
          day: dayStartMs > nowMs ? 'tomorrow' : 'today',
          now: false,
        }
  return {
    dayStartMs,
    hours,
    opening: options.always
      ? 'always'
      : options.closed
        ? 'closed'
        : { opensMs: dayStartMs + opens * HOUR_MS, closesMs: dayStartMs + closes * HOUR_MS },
    capacity,
    best,
  }
}

const reading = (value: number, minutesAgo = 3, freshness: Measured['freshness'] = 'fresh'): Measured => ({
  value,
  timeMs: NOW_MS - minutesAgo * MINUTE_MS,
  freshness,
})

const peopleNow = (people: number | null, capacity: number | null, minutesAgo = 3): PeopleNow => {
  const share = people === null || capacity === null ? null : shareOf(people, capacity)
  return {
    people,
    share,
    level:
      share === null
        ? people === null
          ? 'quiet'
          : null
        : share < 0.4
          ? 'quiet'
          : share < 0.7
            ? 'moderate'
            : 'busy',
    timeMs: NOW_MS - minutesAgo * MINUTE_MS,
    freshness: minutesAgo < 30 ? 'fresh' : minutesAgo < 120 ? 'old' : 'silent',
  }
}

export const summary = (given: Partial<BuildingSummary> & { id: string; name: string }): BuildingSummary => {
  const capacity = given.capacity === undefined ? 400 : given.capacity
  const stripe = day({ capacity, peak: (capacity ?? 100) * 0.4 })
  return {
    key: 1,
    use: 'shared-office',
    demonstration: true,
    timeZone: 'Asia/Makassar',
    state: 'measured',
    open: 'open',
    opensNextMs: null,
    closesMs: MIDNIGHT_MS + 16 * HOUR_MS,
    capacity,
    people: peopleNow(80, capacity),
    peopleExpected: null,
    day: stripe,
    best: stripe.best,
    temperature: reading(24.24),
    co2: reading(640),
    powerKw: reading(86),
    ike: ikeOf({ kwh: 60_000, measuredDays: 29.4, areaSquareMetres: 6200, airConditioned: true }),
    latestMs: NOW_MS - 3 * MINUTE_MS,
    ...given,
  }
}

const ike = (value: number) =>
  ikeOf({ kwh: value * 1000 * 0.98, measuredDays: 29.8, areaSquareMetres: 1000, airConditioned: true })

const city = (): BuildingSummary[] =>
  [
    summary({ id: 'shared-office', name: 'Kantor Bersama Barat', ike: ike(9.8) }),
    summary({
      id: 'library',
      name: 'Perpustakaan Kota',
      use: 'library',
      capacity: 240,
      people: peopleNow(60, 240),
      day: day({ capacity: 240, peak: 90, closes: 20 }),
      temperature: reading(24.9),
      ike: ike(8.1),
    }),
    summary({
      id: 'ministry',
      name: 'Gedung Kementerian A',
      use: 'ministry-office',
      capacity: 900,
      people: peopleNow(310, 900),
      day: day({ capacity: 900, peak: 330 }),
      powerKw: reading(412),
      ike: ike(12.6),
    }),
    summary({
      id: 'archive',
      name: 'Gedung Arsip',
      use: 'other',
      capacity: 60,
      people: peopleNow(null, 60),
      day: day({ capacity: 60, peak: 8 }),
      temperature: reading(23.1),
      ike: ike(20.4),
    }),
    summary({
      id: 'service',
      name: 'Pusat Layanan Warga',
      use: 'service-centre',
      capacity: 600,
      people: peopleNow(510, 600),
      day: day({ capacity: 600, peak: 520 }),
      temperature: reading(26.8),
      co2: reading(1120),
      ike: ike(17.3),
    }),
    summary({
      id: 'housing',
      name: 'Menara Hunian Satu',
      use: 'housing',
      capacity: 500,
      people: peopleNow(220, 500),
      day: day({ capacity: 500, peak: 260, always: true }),
      best: null,
      ike: null,
    }),
    summary({
      id: 'town-hall',
      name: 'Balai Kota',
      use: 'ministry-office',
      state: 'old',
      people: peopleNow(180, 400, 94),
      peopleExpected: { low: 180, middle: 220, high: 280 },
      day: day({ capacity: 400, peak: 260, lastMeasuredHour: 8 }),
      temperature: reading(25.7, 94, 'old'),
      co2: reading(780, 94, 'old'),
      powerKw: reading(90, 94, 'old'),
      latestMs: NOW_MS - 94 * MINUTE_MS,
    }),
    summary({
      id: 'clinic',
      name: 'Klinik Kota',
      use: 'clinic',
      state: 'silent',
      people: peopleNow(40, 200, 140),
      capacity: 200,
      day: day({ capacity: 200, peak: 160, lastMeasuredHour: 7, closes: 21 }),
      temperature: reading(25, 140, 'silent'),
      co2: null,
      powerKw: null,
      latestMs: NOW_MS - 140 * MINUTE_MS,
      ike: ike(16.2),
    }),
    summary({
      id: 'estate',
      name: 'estate',
      use: null,
      demonstration: false,
      state: 'none',
      open: 'unknown',
      capacity: null,
      people: null,
      day: null,
      best: null,
      temperature: null,
      co2: null,
      powerKw: null,
      ike: null,
      latestMs: null,
    }),
  ].map((building, index) => ({ ...building, key: index + 1 }))

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
  ...given,
})

/** Nothing has been measured yet. */
const blank = (building: BuildingSummary): BuildingSummary => ({
  ...building,
  state: 'none',
  people: null,
  peopleExpected: null,
  day: null,
  best: null,
  temperature: null,
  co2: null,
  powerKw: null,
  ike: null,
  latestMs: null,
})

export const emptyOverview = (): OverviewView =>
  overview({ buildings: city().map(blank), energyTodayKwh: null, energyUntilMs: null, powerNowKw: null })

export const failingOverview = (): OverviewView =>
  overview({
    failing: true,
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

const energyHours = (nowMs: number, gap: readonly number[]): EnergyHour[] =>
  Array.from({ length: 48 }, (_, index): EnergyHour => {
    const startMs = MIDNIGHT_MS + index * HOUR_MS
    const middle = 48 + 190 * (SHAPE[index % 24] ?? 0) ** 0.7
    const wobble = 1 + 0.06 * Math.sin(index * 1.7)
    return {
      startMs,
      endMs: startMs + HOUR_MS,
      measured: startMs + HOUR_MS <= nowMs && !gap.includes(index) ? middle * wobble : null,
      forecast: { low: middle * 0.88, middle, high: middle * 1.15 },
    }
  })

export const building = (given: Partial<BuildingView> = {}): BuildingView => {
  const today = day({ capacity: 400, peak: 240 })
  const tomorrow = day({ capacity: 400, peak: 250, dayStartMs: MIDNIGHT_MS + 24 * HOUR_MS, nowMs: NOW_MS })
  const later = (hour: number, low: number, high: number, when: 'today' | 'tomorrow'): BestHours => ({
    startMs: MIDNIGHT_MS + (hour + (when === 'tomorrow' ? 24 : 0)) * HOUR_MS,
    endMs: MIDNIGHT_MS + (hour + 1 + (when === 'tomorrow' ? 24 : 0)) * HOUR_MS,
    people: { low, middle: (low + high) / 2, high },
    day: when,
    now: false,
  })
  return {
    cityName: 'Kawasan Inti',
    timeZone: 'Asia/Makassar',
    nowMs: NOW_MS,
    demonstration: 'all',
    failing: false,
    building: summary({
      id: 'shared-office',
      name: 'Kantor Bersama Timur',
      people: peopleNow(220, 400),
      day: today,
      temperature: reading(25.4, 1),
      co2: reading(780, 94, 'old'),
      powerKw: reading(238, 5),
      ike: ike(11.2),
      best: today.best,
    }),
    doubts: [],
    areaSquareMetres: 6200,
    openingLines: [{ days: 'Senin–Jumat', hours: '07.30–16.00' }],
    services: ['Ruang kerja bersama', 'Ruang rapat', 'Kantin'],
    today,
    tomorrow,
    quietHours: [
      later(13, 100, 150, 'today'),
      later(15, 140, 210, 'today'),
      later(8, 120, 220, 'tomorrow'),
      later(13, 80, 160, 'tomorrow'),
    ],
    energy: {
      todayMs: MIDNIGHT_MS,
      tomorrowMs: MIDNIGHT_MS + 24 * HOUR_MS,
      endMs: MIDNIGHT_MS + 48 * HOUR_MS,
      hours: energyHours(NOW_MS, [3, 4]),
      todayKwh: 878,
      missingHours: 2,
      measuredUntilMs: MIDNIGHT_MS + 10 * HOUR_MS,
      forecastSinceMs: MIDNIGHT_MS + 10 * HOUR_MS,
      tomorrowKwh: { low: 2900, middle: 3020, high: 3440 },
    },
    sources: [
      { property: 'people', latestMs: NOW_MS - 3 * MINUTE_MS, freshness: 'fresh', coverage: 0.991 },
      { property: 'temperature', latestMs: NOW_MS - MINUTE_MS, freshness: 'fresh', coverage: 0.996 },
      { property: 'co2', latestMs: NOW_MS - 94 * MINUTE_MS, freshness: 'old', coverage: 0.924 },
      { property: 'humidity', latestMs: NOW_MS - 30 * HOUR_MS, freshness: 'silent', coverage: 0 },
      { property: 'energy', latestMs: NOW_MS - 5 * MINUTE_MS, freshness: 'fresh', coverage: 0.8 },
      { property: 'water', latestMs: null, freshness: 'none', coverage: null },
    ],
    forecast: { issuedAtMs: MIDNIGHT_MS + 10 * HOUR_MS, model: 'same-hour-mean 1' },
    reliability: { days: 30, daysInside: 24, errorPercent: 7.1 },
    tariffRupiahPerKwh: 1699.53,
    usualPowerKw: { low: 205, high: 262 },
    ...given,
  }
}

/** A building without anything measured, without a city entry. */
export const emptyBuilding = (): BuildingView =>
  building({
    demonstration: 'none',
    building: { ...blank(city()[8] ?? summary({ id: 'estate', name: 'estate' })) },
    areaSquareMetres: null,
    openingLines: 'unknown',
    services: [],
    today: null,
    tomorrow: null,
    quietHours: [],
    energy: null,
    sources: [],
    forecast: null,
    reliability: null,
    usualPowerKw: null,
  })

export const silentBuilding = (): BuildingView => {
  const silent = city()[7] ?? summary({ id: 'clinic', name: 'Klinik Kota' })
  return building({
    building: silent,
    today: silent.day,
    quietHours: [],
    reliability: null,
    usualPowerKw: null,
  })
}

export const oldBuilding = (): BuildingView => {
  const old = city()[6] ?? summary({ id: 'town-hall', name: 'Balai Kota' })
  return building({ building: old, today: old.day, reliability: { days: 5, daysInside: 4, errorPercent: 9 } })
}

/** Readings behind numbers and charts are flagged, in each way in which they can be. */
export const doubtfulBuilding = (): BuildingView => {
  const at = (hour: number): number => MIDNIGHT_MS + hour * HOUR_MS
  return building({
    doubts: [
      { place: 'people', parts: 0, finding: { kind: 'impossible-jump', fromMs: at(10.1), toMs: at(10.2) } },
      { place: 'temperature', parts: 2, finding: null },
      { place: 'power', parts: 0, finding: { kind: 'stuck-value', fromMs: at(-11), toMs: null } },
      { place: 'peopleDay', parts: 0, finding: { kind: 'clock-skew', fromMs: at(8), toMs: null } },
      { place: 'energy', parts: 0, finding: { kind: 'silence', fromMs: at(9.9), toMs: null } },
      { place: 'energy', parts: 0, finding: { kind: 'counter-reset', fromMs: at(8), toMs: at(8.02) } },
      { place: 'class', parts: 0, finding: { kind: 'counter-rollover', fromMs: at(-200), toMs: at(-199) } },
    ],
  })
}

export const failingBuilding = (): BuildingView => ({
  ...building(),
  failing: true,
  building: { ...blank(summary({ id: 'shared-office', name: 'Kantor Bersama Timur' })), state: 'failing' },
  sources: [],
  forecast: null,
})
