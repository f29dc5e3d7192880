import type { Building } from './cityFile.ts'
import { propertyOf, thingOf } from './names.ts'

/**
 * Which readings of a demonstration building are simulated: those of the sensors that the city file names. Whatever
 * else comes of such a building, a stranger's real sensor, is real and is not marked.
 */
type Sensed = Pick<Building, 'id' | 'demonstration' | 'sensors' | 'zones'>

export const isSimulated = (building: Sensed | undefined, datastream: string): boolean => {
  if (!building?.demonstration) return false
  const thing = thingOf(datastream)
  const sensors =
    thing === building.id
      ? building.sensors
      : building.zones.find(({ id }) => `${building.id}/${id}` === thing)?.sensors
  return sensors?.includes(propertyOf(datastream)) ?? false
}

/** Whether anything simulated is in what the building as a whole says of a property. */
export const isSimulatedProperty = (building: Sensed | undefined, property: string): boolean =>
  building !== undefined &&
  building.demonstration &&
  [building, ...building.zones].some(({ sensors }) => sensors?.includes(property))
