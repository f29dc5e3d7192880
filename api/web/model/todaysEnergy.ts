import type { BuildingView as KnownBuilding } from '../../buildings.ts'
import type { ApiContext } from '../../context.ts'
import type { EnergyView } from '../view.ts'
import { energyView } from './energyHours.ts'
import { meterBuckets, metersOf } from './meters.ts'
import { daysBefore, HOURLY, twoDays } from './store.ts'

/** Electricity of today and tomorrow from the building's meter or its parts'; null where there is none, or none since yesterday. */
export const readEnergy = async (
  context: ApiContext,
  building: KnownBuilding,
  nowMs: number,
): Promise<EnergyView | null> => {
  const meters = metersOf(context, building.id)
  if (meters.length === 0) return null
  const { timeZone } = building
  const days = twoDays(nowMs, timeZone)
  const yesterdayMs = daysBefore(days.todayMs, timeZone, 1)
  const newest = context.forecasts.newest(building.id, 'energy')
  const latest = await context.observations.latest(meters.map(({ id }) => id))
  const isSilent = [...latest.values()].every(({ timeMs }) => timeMs < yesterdayMs)
  if (isSilent && (newest?.hours.at(-1)?.endMs ?? 0) < nowMs) return null
  const { kind, rows } = await meterBuckets(context, meters, {
    bucket: HOURLY,
    timeZone,
    fromMs: days.todayMs,
    toMs: nowMs + 1,
  })
  return energyView({
    ...days,
    nowMs,
    kind,
    rows,
    newest,
    yesterdays: context.forecasts.range(building.id, 'energy', yesterdayMs, days.todayMs + 1).at(-1),
  })
}
