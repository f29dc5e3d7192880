import type { Sample } from '../city/observation.ts'

/** A SensorThings Observation as it is sent on `v1.1/Datastreams({id})/Observations`. */
export const observationMessage = (
  { timeMs, value }: Sample,
  datastream: { id: number; path: string },
): Buffer =>
  Buffer.from(
    JSON.stringify({
      phenomenonTime: new Date(timeMs).toISOString(),
      resultTime: new Date(timeMs).toISOString(),
      result: value,
      Datastream: { '@iot.id': datastream.id, name: datastream.path },
    }),
  )
