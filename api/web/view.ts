import type { BuildingUse, MapLayers } from '../../city/cityFile.ts'
import type { QualityKind } from '../../city/quality/finding.ts'
import type { Room, RoomVerdict } from '../../city/room.ts'
import type { VoiceView } from './voiceView.ts'

/**
 * What a page shows, ready to be drawn: numbers already rounded and released by `city/disclosure.ts`, states already
 * decided. Components turn it into HTML and decide nothing. Times are epoch milliseconds, UTC.
 */

/** How much a number may be trusted now. `silent`: nothing for so long that a forecast is withheld too. */
export type Freshness = 'fresh' | 'old' | 'silent' | 'none'

export type Level = 'quiet' | 'moderate' | 'busy'

/** A measured number, its time and whether it still holds. */
export interface Measured {
  value: number
  timeMs: number
  freshness: Freshness
}

/** 8 times in 10 the truth falls within `low` to `high`. */
export interface Interval {
  low: number
  middle: number
  high: number
}

/** People now. `people` is null when there are too few to show; `share` (of 1) when the capacity is not known. */
export interface PeopleNow {
  people: number | null
  share: number | null
  level: Level | null
  timeMs: number
  freshness: Freshness
}

/** One local hour of people. */
export interface PeopleHour {
  startMs: number
  endMs: number
  /** Measured, rounded to ten; `few` when under the minimum count; null without data. */
  measured: number | 'few' | null
  /** Share of the hour that data cover, 0 to 1. */
  share: number
  /** Forecast, rounded to ten; `few` when even its upper bound is under the minimum count. */
  forecast: Interval | 'few' | null
}

/** One local hour of electricity, kWh. */
export interface EnergyHour {
  startMs: number
  endMs: number
  measured: number | null
  /** Share of the hour that data cover, 0 to 1. */
  share: number
  forecast: Interval | null
}

/** When a building is open on one local day: from and to; `closed` all day; `always` open. */
export type OpeningDay = { opensMs: number; closesMs: number } | 'closed' | 'always' | 'unknown'

/** A run of hours in which fewest people are expected. */
export interface BestHours {
  startMs: number
  endMs: number
  /** `few`: under the minimum count. */
  people: Interval | 'few'
  day: 'today' | 'tomorrow'
  /** True when it holds the present. */
  now: boolean
}

/** A local day of people with what frames it. */
export interface PeopleDay {
  dayStartMs: number
  hours: PeopleHour[]
  opening: OpeningDay
  capacity: number | null
  best: BestHours | null
}

export type IkeClass = 'veryEfficient' | 'efficient' | 'fair' | 'wasteful'

/** Energy intensity of the last 30 days. `limits` are the three class limits, kWh per m2 and month. */
export interface Ike {
  value: number
  class: IkeClass
  limits: readonly [number, number, number]
  measuredShare: number
  airConditioned: boolean
}

/** Whether a building's numbers can be said now. `failing`: our store does not answer. */
export type BuildingState = 'measured' | 'old' | 'silent' | 'none' | 'failing'

export interface BuildingSummary {
  id: string
  /** Its number in the list as shown and on the map. */
  key: number
  name: string
  use: BuildingUse | null
  demonstration: boolean
  /** IANA zone that its days and times are local to. */
  timeZone: string
  state: BuildingState
  open: 'open' | 'closed' | 'unknown'
  /** When it opens next, for a closed one. */
  opensNextMs: number | null
  /** When it closes, for an open one that does. */
  closesMs: number | null
  capacity: number | null
  people: PeopleNow | null
  /** What is expected now, for a building whose people count is old. */
  peopleExpected: Interval | 'few' | null
  day: PeopleDay | null
  best: BestHours | null
  temperature: Measured | null
  co2: Measured | null
  powerKw: Measured | null
  ike: Ike | null
  /** The newest measurement of all. */
  latestMs: number | null
}

/** The frame that every page shares. */
export interface Frame {
  cityName: string
  timeZone: string
  nowMs: number
  demonstration: 'all' | 'some' | 'none'
  failing: boolean
}

export interface Footprint {
  /** Id of the building in the list. */
  id: string
  /** GeoJSON polygon rings, longitude and latitude. */
  rings: readonly (readonly (readonly [number, number])[])[]
}

export interface OverviewView extends Frame {
  buildings: BuildingSummary[]
  footprints: Footprint[]
  /** The land around the buildings, where the city file describes it. */
  land?: MapLayers | undefined
  energyTodayKwh: number | null
  /** End of the newest full hour in that sum. */
  energyUntilMs: number | null
  powerNowKw: number | null
  /** Absent without a shared office, and while numbers cannot be read. */
  finder?: FinderView | undefined
}

/** The shared-office finder: what was asked, what may be asked, and the answer. */
export interface FinderView {
  asked: { day: 'today' | 'tomorrow'; hour: number; people: number }
  /** Local hours that may be chosen. */
  hours: number[]
  mostPeople: number
  todayMs: number
  tomorrowMs: number
  /** Start of the chosen hour. */
  startMs: number
  offices: OfficeRoom[]
}

/** Whether there is room; `withheld`: its sensors are silent. */
export interface OfficeRoom {
  id: string
  name: string
  verdict: RoomVerdict | 'past' | 'closed' | 'withheld' | 'unknown'
  free: Room['free'] | null
}

/** One row of the table about the data. */
export interface DataSource {
  property: 'people' | 'temperature' | 'co2' | 'humidity' | 'energy' | 'power' | 'water'
  latestMs: number | null
  freshness: Freshness
  /** Share of today so far that data cover, of 1. */
  coverage: number | null
}

export interface Reliability {
  days: number
  daysInside: number
  /** Mean error in per cent, when known. */
  errorPercent: number | null
}

/** Where a number or chart stands that rests on flagged readings. */
export type DoubtPlace = 'people' | 'temperature' | 'co2' | 'power' | 'peopleDay' | 'energy' | 'class'

/** What is doubtful about the readings behind one place of the page. */
export interface Doubt {
  place: DoubtPlace
  /** What was found of the building's own sensor; null where the number is put together from its parts'. */
  finding: { kind: QualityKind; fromMs: number; toMs: number | null } | null
  /** How many of the parts' sensors are doubtful; 0 for the building's own. */
  parts: number
}

export interface BuildingView extends Frame {
  building: BuildingSummary
  /** Of each place the newest first. */
  doubts: Doubt[]
  areaSquareMetres: number | null
  openingLines: { days: string; hours: string }[] | 'always' | 'unknown'
  services: string[]
  today: PeopleDay | null
  tomorrow: PeopleDay | null
  /** Quiet hours to come, the best first. */
  quietHours: BestHours[]
  energy: EnergyView | null
  sources: DataSource[]
  forecast: {
    issuedAtMs: number
    model: string
    /** True: measured for less than four weeks. */
    coldStart: boolean
    /** Share of the hours that it goes by that were measured, where holes are worth telling. */
    measuredShare: number | null
  } | null
  reliability: Reliability | null
  tariffRupiahPerKwh: number
  /** Usual power for this hour, kW: 8 of 10 of the last four weeks. */
  usualPowerKw: { low: number; high: number } | null
  voice: VoiceView
}

export interface EnergyView {
  /** Midnight today, midnight tomorrow and the end of tomorrow. */
  todayMs: number
  tomorrowMs: number
  endMs: number
  hours: EnergyHour[]
  todayKwh: number | null
  /** Full hours of today without data. */
  missingHours: number
  measuredUntilMs: number | null
  forecastSinceMs: number | null
  tomorrowKwh: Interval | null
}
