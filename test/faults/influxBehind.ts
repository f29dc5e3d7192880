import { startInflux } from '../support/influx.ts'
import type { RigOptions } from './rigParts.ts'

const DATABASE = 'nadi'

/** A server of the leg's own where its core keeps observations in InfluxDB, with what the rig must know of it. */
export const influxBehind = async (
  stack: AsyncDisposableStack,
  store: 'influx' | undefined,
  dataFolder?: string,
) => {
  if (store === undefined) return undefined
  const server = stack.use(await startInflux(dataFolder === undefined ? {} : { dataFolder }))
  const forRig: Pick<RigOptions, 'influxUrl' | 'influx'> = {
    influxUrl: `${server.url}/${DATABASE}`,
    influx: server,
  }
  return { server, forRig }
}
