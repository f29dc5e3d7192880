import { existsSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyedRandom } from '../../../edge/simulation/random.ts'
import { startInflux } from '../../support/influx.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { until } from '../../support/until.ts'
import { check } from '../checker.ts'
import type { ClientOptions } from '../clientProcess.ts'
import type { FaultKind, FaultOptions, FaultRow } from '../faultKind.ts'
import { freePort } from '../freePort.ts'
import { readJournal } from '../journal.ts'
import type { StoredContents, StoredDatastream } from '../messages.ts'
import { createMosquitto, MOSQUITTO } from '../peer/mosquitto.ts'
import type { SubscriberOptions } from '../peer/subscriberProcess.ts'
import { createWorker } from '../worker.ts'

/**
 * The same sender and the same checker against what a user would set up instead: Mosquitto, a Node subscriber and
 * InfluxDB, each killed in turn. Its losses are printed and are no failure of the suite.
 */
const LONGEST_STEADY_MS = 1500
const LONGEST_DOWN_MS = 250
/** When nothing was stored for so long, nothing more is to come. */
const QUIET_MS = 3000
const SOURCE = { name: 'client', index: 2 }
const DATABASE = 'peer'

export const peer: FaultKind = {
  name: 'peer',
  about: 'kill -9 of Mosquitto, its subscriber and InfluxDB, for comparison',
  rounds: 50,
  unavailable: async () => (existsSync(MOSQUITTO) ? undefined : `${MOSQUITTO} is missing`),
  async run(options) {
    return [
      await runPipeline('mosquitto + subscriber + InfluxDB', options),
      await runPipeline('the same, autosave_interval 1', options, 1),
    ]
  },
}

const runPipeline = async (
  name: string,
  { rounds, seed, progress }: FaultOptions,
  autosaveSeconds?: number,
): Promise<FaultRow> => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const port = await freePort(seed)
  const journalFile = path.join(folder.path, 'client.journal')
  const influx = stack.use(await startInflux())
  await influx.ask(`CREATE DATABASE ${DATABASE}`)
  const mosquitto = stack.use(
    createMosquitto({
      folder: path.join(folder.path, 'mosquitto'),
      port,
      ...(autosaveSeconds !== undefined && { autosaveSeconds }),
    }),
  )
  let storedAtMs = 0
  let acknowledgedAtMs = 0
  let worstRecoveryMs = 0
  const writeUrl = (): string => `${influx.url}/write?db=${DATABASE}&precision=ms`
  const fail = (who: string) => (code: number | null, told: string) => {
    progress(`the ${who} ended by itself (${code}): ${told}`)
  }
  const subscriber = stack.use(
    createWorker({
      name: 'subscriber',
      module: 'peer/subscriberProcess.ts',
      options: (): SubscriberOptions => ({ port, url: writeUrl() }),
      onMessage(message) {
        if (message.kind === 'acknowledged') storedAtMs = message.atMs
      },
      onEnded: fail('subscriber'),
    }),
  )
  const client = stack.use(
    createWorker({
      name: 'client',
      module: 'clientProcess.ts',
      options: (): ClientOptions => ({
        source: SOURCE,
        port,
        password: 'any',
        journalFile,
        seed,
        pauseMs: 5,
        nonsense: false,
      }),
      onMessage(message) {
        if (message.kind === 'acknowledged') acknowledgedAtMs = message.atMs
      },
      onEnded: fail('client'),
    }),
  )
  const kills: (() => Promise<void>)[] = [
    () => mosquitto.kill(),
    () => subscriber.kill(),
    () => influx.kill(),
  ]
  const starts: (() => void | Promise<void>)[] = [
    () => mosquitto.start(),
    () => subscriber.start(),
    async () => {
      await influx.restart()
      if (subscriber.running()) subscriber.send({ kind: 'writeTo', url: writeUrl() })
    },
  ]
  mosquitto.start()
  subscriber.start()
  // What is published before anybody has ever subscribed is nobody's.
  await subscriber.heard('finished')
  client.start()
  let startedAtMs = Date.now()
  const stored = async (): Promise<void> => {
    await until(() => storedAtMs > startedAtMs && acknowledgedAtMs > startedAtMs, {
      timeoutMs: 60_000,
      what: 'something stored after a restart',
    })
    worstRecoveryMs = Math.max(worstRecoveryMs, acknowledgedAtMs - startedAtMs)
  }
  await stored()
  for (let round = 0; round < rounds; round += 1) {
    const random = keyedRandom(seed, round)
    await sleep(random.uniform() * LONGEST_STEADY_MS)
    const victim = Math.floor(random.uniform() * kills.length)
    await kills[victim]?.()
    await sleep(random.uniform() * LONGEST_DOWN_MS)
    startedAtMs = Date.now()
    await starts[victim]?.()
    await stored()
    if ((round + 1) % 10 === 0) progress(`${name}: ${round + 1}/${rounds} kills`)
  }
  client.send({ kind: 'finish' })
  await client.heard('finished')
  await until(() => Date.now() - Math.max(storedAtMs, acknowledgedAtMs) > QUIET_MS, { timeoutMs: 120_000 })
  const sent = { source: SOURCE, acknowledgedBy: 'PUBACK', journal: readJournal(journalFile) }
  const verdict = check(await contentsOf(influx.url), [sent])
  for (const told of verdict.problems) progress(`${name}: ${told}`)
  return { name, rounds, tally: verdict.tally, worstRecoveryMs, problems: [] }
}

const contentsOf = async (url: string): Promise<StoredContents> => {
  const statement = encodeURIComponent('SELECT value FROM observation GROUP BY datastream')
  const response = await fetch(`${url}/query?db=${DATABASE}&epoch=ms&q=${statement}`)
  const { results } = (await response.json()) as Answer
  const datastreams = (results[0]?.series ?? []).map(({ tags, values }): StoredDatastream => {
    const numbers = values.map(([, value]) => value)
    return {
      path: tags.datastream,
      timesMs: values.map(([timeMs]) => timeMs),
      values: numbers,
      bucketCount: numbers.length,
      bucketSum: numbers.reduce((sum, value) => sum + value, 0),
    }
  })
  return { datastreams, quarantine: [], quarantineDropped: 0 }
}

interface Answer {
  results: { series?: { tags: { datastream: string }; values: [number, number][] }[] }[]
}
