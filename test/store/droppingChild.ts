import { pino } from 'pino'
import type { RangeOfDatastream } from '../../store/observations.ts'

/**
 * A process to be killed while it drops samples, or deletes a range. Its one argument is `Dropping` as JSON. Prints
 * `begun` before it begins, what the store logs, and `done`.
 */
export interface Dropping {
  /** The store's folder, or InfluxDB's address. */
  folder?: string
  url?: string
  rawDays: number
  nowMs: number
  /** Instead of dropping. */
  range?: RangeOfDatastream
}

const { folder, url, rawDays, nowMs, range } = JSON.parse(process.argv[2] ?? '{}') as Dropping
const log = pino({ level: 'info' }, pino.destination({ fd: 1, sync: true }))
const common = { log, rawDays, now: () => nowMs }
/** Only the one that is used is loaded, as in the city. */
const openStore = async () => {
  if (url !== undefined) {
    const { createInfluxStore } = await import('../../store/influx/influxStore.ts')
    return createInfluxStore({ url, ...common })
  }
  const { createEmbeddedStore } = await import('../../store/embedded/embeddedStore.ts')
  return createEmbeddedStore({ folder: folder ?? '', ...common })
}

const store = await openStore()
process.stdout.write('begun\n')
await (range ? store.deleteRange(range) : store.drop())
process.stdout.write('done\n')
await store.close()
