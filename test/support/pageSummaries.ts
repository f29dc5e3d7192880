import { shareOf } from '../../api/web/components/peopleWords.ts'
import { ikeOf } from '../../api/web/model/ike.ts'
import type { BuildingSummary, Measured, PeopleNow } from '../../api/web/view.ts'
import { HOUR_MS } from '../../city/partials.ts'
import { day, MIDNIGHT_MS, MINUTE_MS, NOW_MS } from './pageDay.ts'

export const reading = (
  value: number,
  minutesAgo = 3,
  freshness: Measured['freshness'] = 'fresh',
): Measured => ({
  value,
  timeMs: NOW_MS - minutesAgo * MINUTE_MS,
  freshness,
})

export const peopleNow = (people: number | null, capacity: number | null, minutesAgo = 3): PeopleNow => {
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

export const ike = (value: number) =>
  ikeOf({ kwh: value * 1000 * 0.98, measuredDays: 29.8, areaSquareMetres: 1000, airConditioned: true })

/** All buildings of the city. */
export const city = (): BuildingSummary[] =>
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

/** Nothing has been measured yet. */
export const blank = (building: BuildingSummary): BuildingSummary => ({
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
