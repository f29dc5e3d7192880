import type { BestHours, BuildingView, EnergyHour } from '../../api/web/view.ts'
import type { ReportView, Visit, VoiceView } from '../../api/web/voiceView.ts'
import { HOUR_MS } from '../../city/partials.ts'
import { day, MIDNIGHT_MS, MINUTE_MS, NOW_MS, SHAPE } from './pageDay.ts'
import { blank, city, ike, peopleNow, reading, summary } from './pageSummaries.ts'

const energyHours = (nowMs: number, gap: readonly number[]): EnergyHour[] =>
  Array.from({ length: 48 }, (_, index): EnergyHour => {
    const startMs = MIDNIGHT_MS + index * HOUR_MS
    const middle = 48 + 190 * (SHAPE[index % 24] ?? 0) ** 0.7
    const wobble = 1 + 0.06 * Math.sin(index * 1.7)
    return {
      startMs,
      endMs: startMs + HOUR_MS,
      measured: startMs + HOUR_MS <= nowMs && !gap.includes(index) ? middle * wobble : null,
      share: startMs + HOUR_MS <= nowMs && !gap.includes(index) ? 1 : 0,
      forecast: { low: middle * 0.88, middle, high: middle * 1.15 },
    }
  })

const HOURS_A_DAY = 24

/** Votes of a week, what they changed, and the parts of the building. */
const voice = (given: Partial<VoiceView> = {}): VoiceView => ({
  zones: [
    { id: 'floor-1/lobby', name: 'Lobi' },
    { id: 'floor-2/zone-a', name: 'Lantai 2, zona A' },
  ],
  votes: {
    counts: { votes: 90, cold: null, fine: 60, warm: 30 },
    zones: [{ name: 'Lantai 2, zona A', counts: { votes: 40, cold: null, fine: 10, warm: 30 } }],
  },
  changes: [
    {
      dayMs: MIDNIGHT_MS - HOURS_A_DAY * HOUR_MS,
      zone: 'Lantai 2, zona A',
      text: {
        text: '31 suara “terlalu dingin”: setelan AC naik dari 23,5 ke 24,5 °C; esoknya 6 suara.',
        language: 'id',
      },
    },
    {
      dayMs: MIDNIGHT_MS - 12 * HOURS_A_DAY * HOUR_MS,
      zone: null,
      text: { text: 'Belum diubah: menunggu perbaikan tirai.', language: 'id' },
    },
  ],
  reportDays: 90,
  ...given,
})

/** No votes yet, no parts known, nothing changed. */
const silentVoice = (): VoiceView =>
  voice({
    zones: [],
    votes: { counts: { votes: null, cold: null, fine: null, warm: null }, zones: [] },
    changes: [],
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
    forecast: {
      issuedAtMs: MIDNIGHT_MS + 10 * HOUR_MS,
      model: 'nadi 1+3f2a9c1d77e0',
      coldStart: false,
      measuredShare: null,
    },
    reliability: { days: 30, daysInside: 24, errorPercent: 7.1 },
    tariffRupiahPerKwh: 1699.53,
    usualPowerKw: { low: 205, high: 262 },
    voice: voice(),
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
    voice: silentVoice(),
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

/** Who has just voted. */
export const voted: Visit = { vote: { choice: 'warm', againMs: NOW_MS + 59 * MINUTE_MS } }

/** Whose vote was refused, and whose report has no text. */
export const refused: Visit = {
  voteRefused: { againMs: NOW_MS + 20 * MINUTE_MS },
  report: { category: 'lift', zone: 'floor-2/zone-a', text: '', problem: 'empty' },
}

/** A report as its private link shows it. */
export const report = (given: Partial<ReportView> = {}): ReportView => ({
  report: {
    id: 419,
    category: 'cooling',
    text: 'AC lantai 2 mati sejak Senin.\nDi dekat jendela panas sekali.',
    status: 'looking',
    createdMs: MIDNIGHT_MS - 30 * HOUR_MS,
    changedMs: NOW_MS - 40 * MINUTE_MS,
  },
  buildingId: 'shared-office',
  buildingName: 'Kantor Bersama Timur',
  demonstration: true,
  zone: 'Lantai 2, zona A',
  outcome: { text: 'Kompresor diganti hari Rabu.', language: 'id' },
  nowMs: NOW_MS,
  address: 'http://127.0.0.1:8080/reports/fRz8vO6jW0iXn2lq5cTtYb1mKd9eGh3sUa7pQwErZxC',
  reportDays: 90,
  ...given,
})
