import path from 'node:path'
import type { Logger } from 'pino'
import { NadiError } from '../../city/errors.ts'
import type { Config } from '../../config.ts'
import { HOURS_FILE } from '../../store/snapshot.ts'

/** The observations of a backup, on their way into the store that the settings name. */
export interface Filling {
  settings: Pick<Config, 'store' | 'influxUrl'>
  /** Files of the snapshot, in order. */
  files: readonly string[]
  /** Where the embedded store is made. */
  folder: string
  /** Ids of all Datastreams. */
  datastreamIds: readonly number[]
  log: Logger
  onPoints: (points: number) => void
}

/** Fills a store that holds nothing yet; returns how many points it holds now. Throws `conflict` when it is not empty. */
export const fillStore = async (filling: Filling): Promise<number> => {
  const { settings, files, folder, onPoints } = filling
  if (settings.store === 'influx' && settings.influxUrl !== undefined) {
    return fillInflux(settings.influxUrl, filling)
  }
  const { loadEmbedded } = await import('../../store/embedded/load.ts')
  return loadEmbedded(folder, files, onPoints)
}

const fillInflux = async (url: string, filling: Filling): Promise<number> => {
  const { createInfluxStore } = await import('../../store/influx/influxStore.ts')
  const { readHours } = await import('../../store/snapshotHours.ts')
  const { pointsOf } = await import('../../store/snapshotByReading.ts')
  await using store = await createInfluxStore({ url, log: filling.log })
  const known = await store.latest(filling.datastreamIds)
  if (known.size > 0) {
    throw new NadiError(
      'conflict',
      'The InfluxDB database holds observations already, which would be taken for those of the backup. Name an empty one in NADI_INFLUX_URL.',
    )
  }
  const hours = filling.files.find((file) => path.basename(file) === HOURS_FILE)
  if (hours !== undefined) {
    const { horizonMs, series } = await readHours(hours)
    const frozen = series.flatMap(({ datastreamId, hours }) =>
      hours.map((partial) => ({ datastreamId, partial })),
    )
    await store.restoreHours(horizonMs, frozen)
  }
  let points = 0
  for (const file of filling.files.filter((file) => file !== hours)) {
    for await (const batch of pointsOf(file)) {
      await store.append(batch)
      filling.onPoints((points += batch.length))
    }
  }
  await store.compact()
  return points
}
