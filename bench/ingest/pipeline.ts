import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { startInflux } from '../../test/support/influx.ts'
import { until } from '../../test/support/until.ts'
import { startMosquitto } from './mosquitto.ts'
import { createJsonReader } from './readJson.ts'
import type { System } from './system.ts'

/** How long nothing may come from the subscriber before it counts as drained. */
const QUIET_MS = 3_000

/** What a user would set up instead: Mosquitto with persistence, a Node subscriber (QoS 1, session kept), InfluxDB. */
export const startPipeline = async (): Promise<System> => {
  const stack = new AsyncDisposableStack()
  const influx = stack.use(await startInflux())
  const create = encodeURIComponent('CREATE DATABASE bench')
  await (await fetch(`${influx.url}/query?q=${create}`, { method: 'POST' })).text()
  const readJson = createJsonReader()
  const mosquitto = stack.use(await startMosquitto({ withSession: false }))
  const subscriber = fork(path.join(import.meta.dirname, 'subscriber.ts'), { execArgv: [] })
  stack.defer(async () => {
    if (subscriber.exitCode !== null) return
    subscriber.kill('SIGKILL')
    await once(subscriber, 'exit')
  })
  let ready = false
  let heardMs = 0
  subscriber.on('message', () => {
    ready = true
    heardMs = performance.now()
  })
  subscriber.send({ port: mosquitto.port(), url: `${influx.url}/write?db=bench&precision=ms` })
  await until(() => ready, { what: 'the subscriber' })

  return {
    name: 'mosquitto + Node subscriber + InfluxDB',
    building: 'benchmark',
    port: mosquitto.port,
    device: mosquitto.device,
    async query(datastream, fromMs, toMs) {
      const where = `datastream = '${datastream}' AND time >= ${fromMs}ms AND time < ${toMs}ms`
      const q = encodeURIComponent(`SELECT value FROM observation WHERE ${where}`)
      const { body } = await readJson(`${influx.url}/query?db=bench&epoch=ms&q=${q}`)
      return ((body as QueryAnswer).results[0]?.series?.[0]?.values ?? []).map(([timeMs, value]) => ({
        timeMs,
        value,
      }))
    },
    async drained() {
      heardMs = performance.now()
      await until(() => performance.now() - heardMs > QUIET_MS, { timeoutMs: 600_000, what: 'the backlog' })
    },
    pids: () => [influx.pid, subscriber.pid, ...mosquitto.pids()],
    folders: () => [influx.folder, ...mosquitto.folders()],
    killAndRestart: mosquitto.killAndRestart,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

interface QueryAnswer {
  results: { series?: { values: [number, number][] }[] }[]
}
