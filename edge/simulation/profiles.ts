import type { BuildingUse } from '../../city/cityFile.ts'

/**
 * What makes a clinic differ from a library, as data. People are shares of the capacity; minutes are relative to the
 * day's opening and closing. Figures are plausible, chosen so that offices come out in the classes of the energy
 * intensity that ministries report (8.5 to 14 kWh per square metre and month is "efficient").
 */
export interface Profile {
  people: PeopleProfile
  lightingWattsPerSquareMetre: number
  /** Runs day and night: servers, refrigerators, standby. */
  baseWattsPerSquareMetre: number
  plugWattsPerPerson: number
  /** Lifts and pumps, while people are about. */
  commonWattsPerPerson: number
  /** Sensible cooling that the plant can give. */
  coolingWattsPerSquareMetre: number
  setpointCelsius: number
  waterLitresPerPersonHour: number
}

export type PeopleProfile = VisitProfile | HomeProfile | ShiftProfile

/** People come for the opening hours. */
export interface VisitProfile {
  kind: 'visit'
  /** Share of the capacity on a usual day at its fullest. */
  peakShare: number
  arriveMinutes: number
  arriveSpreadMinutes: number
  leaveMinutes: number
  leaveSpreadMinutes: number
  /** Share that is out at 12:20. */
  lunchShare: number
  weekendFactor: number
}

/** People live there and are out by day. */
export interface HomeProfile {
  kind: 'home'
  peakShare: number
  awayWorkdayShare: number
  awayWeekendShare: number
}

/** Staff in shifts, day and night. */
interface ShiftProfile {
  kind: 'shift'
  dayShare: number
  nightShare: number
}

const visit = (
  peakShare: number,
  [arriveMinutes, arriveSpreadMinutes]: [number, number],
  [leaveMinutes, leaveSpreadMinutes]: [number, number],
  lunchShare: number,
  weekendFactor = 1,
): VisitProfile => ({
  kind: 'visit',
  peakShare,
  arriveMinutes,
  arriveSpreadMinutes,
  leaveMinutes,
  leaveSpreadMinutes,
  lunchShare,
  weekendFactor,
})

const OFFICE: Profile = {
  people: visit(0.74, [-5, 22], [20, 32], 0.45),
  lightingWattsPerSquareMetre: 8,
  baseWattsPerSquareMetre: 4.5,
  plugWattsPerPerson: 110,
  commonWattsPerPerson: 30,
  coolingWattsPerSquareMetre: 110,
  setpointCelsius: 24.5,
  waterLitresPerPersonHour: 5,
}

export const PROFILES: Readonly<Record<BuildingUse, Profile>> = {
  'ministry-office': OFFICE,
  'shared-office': { ...OFFICE, people: visit(0.66, [15, 38], [15, 45], 0.38) },
  'service-centre': {
    ...OFFICE,
    people: visit(0.6, [45, 35], [-35, 30], 0.3, 0.7),
    lightingWattsPerSquareMetre: 10,
    plugWattsPerPerson: 60,
  },
  library: {
    ...OFFICE,
    people: visit(0.52, [90, 70], [-70, 60], 0.15, 1.25),
    lightingWattsPerSquareMetre: 9,
    baseWattsPerSquareMetre: 3,
    plugWattsPerPerson: 35,
    setpointCelsius: 24,
  },
  clinic: {
    ...OFFICE,
    people: visit(0.62, [50, 40], [-75, 60], 0.2, 0.75),
    baseWattsPerSquareMetre: 6,
    plugWattsPerPerson: 90,
    setpointCelsius: 24,
    waterLitresPerPersonHour: 12,
  },
  school: {
    ...OFFICE,
    people: visit(0.93, [-8, 8], [-30, 28], 0.05),
    lightingWattsPerSquareMetre: 7,
    baseWattsPerSquareMetre: 1.2,
    plugWattsPerPerson: 12,
    commonWattsPerPerson: 4,
    setpointCelsius: 25.5,
    waterLitresPerPersonHour: 3,
  },
  housing: {
    people: { kind: 'home', peakShare: 0.86, awayWorkdayShare: 0.72, awayWeekendShare: 0.35 },
    lightingWattsPerSquareMetre: 4,
    baseWattsPerSquareMetre: 1.6,
    plugWattsPerPerson: 70,
    commonWattsPerPerson: 15,
    coolingWattsPerSquareMetre: 28,
    setpointCelsius: 26,
    waterLitresPerPersonHour: 7,
  },
  'data-centre': {
    ...OFFICE,
    people: { kind: 'shift', dayShare: 0.42, nightShare: 0.18 },
    baseWattsPerSquareMetre: 8,
    setpointCelsius: 24,
  },
  other: OFFICE,
}

/** A server room's IT load is flat and its heat is taken away by as much again; applies to zones of this Brick class. */
export const SERVER_ROOM_CLASS = 'Server_Room'
export const SERVER_ROOM: Pick<
  Profile,
  'baseWattsPerSquareMetre' | 'coolingWattsPerSquareMetre' | 'setpointCelsius'
> = { baseWattsPerSquareMetre: 420, coolingWattsPerSquareMetre: 700, setpointCelsius: 24 }
