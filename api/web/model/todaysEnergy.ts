import type { BuildingView as KnownBuilding } from '../../buildings.ts'
import type { ApiContext } from '../../context.ts'
import type { EnergyView } from '../view.ts'
import { energyView } from './energyHours.ts'
import { bucketsOf, daysBefore, HOURLY, twoDays } from './store.ts'

/** Electricity of today and tomorrow from the building's own meter; null where there is none. */
export const readEnergy = async (
  context: ApiContext,
  building: KnownBuilding,
  nowMs: number,
): Promise<EnergyView | null> => {
  const meter = context.catalogue.datastreams.find(`${building.id}/energy`)
  if (!meter) return null
  const { timeZone } = building
  const days = twoDays(nowMs, timeZone)
  const rows = await bucketsOf(context, meter, {
    bucket: HOURLY,
    timeZone,
    fromMs: days.todayMs,
    toMs: nowMs + 1,
  })
  const yesterdayMs = daysBefore(days.todayMs, timeZone, 1)
  return energyView({
    ...days,
    nowMs,
    kind: meter.kind,
    rows,
    newest: context.forecasts.newest(building.id, 'energy'),
    yesterdays: context.forecasts.range(building.id, 'energy', yesterdayMs, days.todayMs + 1).at(-1),
  })
}
