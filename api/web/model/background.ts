import type { Calendar } from '../../../city/calendar.ts'
import type { Datastream } from '../../../store/catalogue/catalogue.ts'
import type { BuildingView as KnownBuilding } from '../../buildings.ts'
import type { ApiContext } from '../../context.ts'
import type { BuildingView, Ike } from '../view.ts'
import { amountOf } from './energyHours.ts'
import { IKE_DAYS, ikeOf } from './ike.ts'
import { meterBuckets, metersOf } from './meters.ts'
import { bucketsOf, DAILY, daysBefore, HOURLY, twoDays } from './store.ts'

const USUAL_DAYS = 28
const LEAST_USUAL = 5
const LEAST_MEASURED = 0.5

/** Energy intensity of the last 30 whole days, from the building's meter or its parts'; null when too little is known. */
export const readIke = async (
  context: ApiContext,
  building: KnownBuilding,
  nowMs: number,
): Promise<Ike | null> => {
  const meters = metersOf(context, building.id)
  if (meters.length === 0 || building.areaSquareMetres === null) return null
  const timeZone = building.timeZone
  const { todayMs } = twoDays(nowMs, timeZone)
  const { kind, rows: days } = await meterBuckets(context, meters, {
    bucket: DAILY,
    timeZone,
    fromMs: daysBefore(todayMs, timeZone, IKE_DAYS),
    toMs: todayMs,
  })
  const known = days.flatMap((day) => {
    const kwh = amountOf(kind, day)
    return kwh === null ? [] : [{ kwh, measured: day.measured }]
  })
  return ikeOf({
    kwh: known.reduce((sum, { kwh }) => sum + kwh, 0),
    measuredDays: known.reduce((sum, { measured }) => sum + measured, 0),
    areaSquareMetres: building.areaSquareMetres,
    airConditioned: building.described?.airConditioned ?? true,
  })
}

/**
 * Usual power (kW) for this hour: the middle eight tenths of the same local hour on like days (working or not) of
 * the last four weeks. Null with fewer than five of them.
 */
export const readUsualPower = async (
  context: ApiContext,
  meter: Datastream | undefined,
  { calendar, timeZone, nowMs }: { calendar: Calendar; timeZone: string; nowMs: number },
): Promise<BuildingView['usualPowerKw']> => {
  if (!meter) return null
  const { todayMs } = twoDays(nowMs, timeZone)
  const hours = await bucketsOf(context, meter, {
    bucket: HOURLY,
    timeZone,
    fromMs: daysBefore(todayMs, timeZone, USUAL_DAYS),
    toMs: todayMs,
  })
  const hourOf = (timeMs: number): number =>
    Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(timeZone).hour
  const isWorking = (timeMs: number): boolean => {
    const day = calendar.day(timeMs)
    return !day.holiday && day.weekday !== 'sat' && day.weekday !== 'sun'
  }
  const [hour, working] = [hourOf(nowMs), isWorking(nowMs)]
  const like = hours
    .filter(
      ({ startMs, mean, measured }) =>
        mean !== null &&
        measured >= LEAST_MEASURED &&
        hourOf(startMs) === hour &&
        isWorking(startMs) === working,
    )
    .map(({ mean }) => (mean ?? 0) / 1000)
    .sort((a, b) => a - b)
  if (like.length < LEAST_USUAL) return null
  const at = (share: number): number => like[Math.round(share * (like.length - 1))] ?? 0
  return { low: at(0.1), high: at(0.9) }
}
