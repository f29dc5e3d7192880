import { maySee } from '../../../city/disclosure.ts'
import { HOUR_MS } from '../../../city/partials.ts'
import type { BuildingView as KnownBuilding, DisclosedNow } from '../../buildings.ts'
import type { ApiContext } from '../../context.ts'
import { PAGE_ROLE } from './readings.ts'

/**
 * When something was last measured in buildings that have no number to show now, so that nobody is told that their
 * sensors never sent anything. Of what is not told to everybody, only the hour.
 */
export const readNewest = async (
  { catalogue, observations }: Pick<ApiContext, 'catalogue' | 'observations'>,
  buildings: readonly KnownBuilding[],
  nows: readonly Readonly<Record<string, DisclosedNow>>[],
): Promise<Map<string, number>> => {
  const asked = buildings
    .filter((_, index) => Object.values(nows[index] ?? {}).every(({ timeMs }) => timeMs === null))
    .map(({ id }) => ({
      id,
      datastreams: catalogue.datastreams.list(id).filter(({ property }) => property !== 'presence'),
    }))
  const ids = asked.flatMap(({ datastreams }) => datastreams.map(({ id }) => id))
  if (ids.length === 0) return new Map()
  const latest = await observations.latest(ids)
  return new Map(
    asked.flatMap(({ id, datastreams }) => {
      const times = datastreams.flatMap((datastream) => {
        const timeMs = latest.get(datastream.id)?.timeMs
        if (timeMs === undefined) return []
        return [maySee(PAGE_ROLE, datastream) ? timeMs : Math.floor(timeMs / HOUR_MS) * HOUR_MS]
      })
      return times.length === 0 ? [] : [[id, Math.max(...times)] as const]
    }),
  )
}
