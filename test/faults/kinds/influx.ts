import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyedRandom, type Random } from '../../../edge/simulation/random.ts'
import { createFaultyInflux, type FaultyInflux, type InfluxFault } from '../../support/faultyInflux.ts'
import { freeze } from '../../support/freeze.ts'
import { type InfluxServer, startInflux } from '../../support/influx.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import type { FaultKind } from '../faultKind.ts'
import { type Leg, runLegs } from '../legs.ts'
import { acknowledgedAnew } from '../moment.ts'
import { createRig } from '../rig.ts'
import type { Rig } from '../rigParts.ts'

/**
 * The core on a real InfluxDB that is stopped, killed, away for long, restarted in storms, or behind a stub that answers
 * 5xx and 429, keeps silent, or cuts the connection before or after the write was applied. In every second leg a week
 * of the database holds another field type, so that writes are stored in part. While no write is confirmed, nothing may
 * be acknowledged; what a storm of restarts lets through is not known.
 */
const ROUNDS_OF_A_LEG = 15
const LONGEST_FAULT_MS = 1500
const LONG_OUTAGE_MS = 20_000
const RESTARTS_OF_A_STORM = 4
const DATABASE = 'nadi'
/** Of the observations that come late (`observations.ts`): a week of the database that they alone lie in. */
const LATE_WEEK_MS = Date.UTC(2024, 11, 28, 12)

export const influx: FaultKind = {
  name: 'influx',
  about: 'InfluxDB away, restarted, slow, failing, and writes stored in part',
  rounds: 60,
  run: async (options) => [
    await runLegs(options, { name: influx.name, roundsOfALeg: ROUNDS_OF_A_LEG, lanes: 1, leg }),
  ],
}

const leg: Leg = async ({ rounds, seed, plant }, { row, judge }) => {
  await using folder = await temporaryFolder()
  await using server = await startInflux()
  await server.ask(`create database "${DATABASE}"`)
  if (seed % 2 === 1) await holdAnotherType(server)
  await using stub = await createFaultyInflux(() => server.url)
  await using rig = await createRig({
    folder: path.join(folder.path, 'data'),
    journals: path.join(folder.path, 'journals'),
    seed,
    influxUrl: `${stub.url}/${DATABASE}`,
    ...(plant && { plant }),
  })
  await judge(rig, async () => {
    for (let at = 0; at < rounds; at += 1) {
      const random = keyedRandom(seed, at)
      const holdMs = at === LONG_ROUND ? LONG_OUTAGE_MS : random.uniform() * LONGEST_FAULT_MS
      await faultOf(random)({ rig, server, stub, holdMs })
      await acknowledgedAnew(rig)
      row.rounds += 1
    }
  })
}

const LONG_ROUND = 7

interface Scene {
  rig: Rig
  server: InfluxServer
  stub: FaultyInflux
  holdMs: number
}

/** Makes one fault and takes it away again. */
type Fault = (scene: Scene) => Promise<void>

const answering =
  (fault: InfluxFault, reach: 'writes' | 'all'): Fault =>
  async ({ rig, stub, holdMs }) => {
    stub.set(fault, reach)
    await rig.whileNothingCommits(() => sleep(holdMs))
    stub.set({ kind: 'clear' })
  }

const FAULTS: readonly Fault[] = [
  async ({ rig, server, holdMs }) => {
    await freeze(server.pid)
    await rig.whileNothingCommits(() => sleep(holdMs))
    process.kill(server.pid, 'SIGCONT')
  },
  async ({ rig, server, holdMs }) => {
    await server.kill()
    await rig.whileNothingCommits(() => sleep(holdMs))
    await server.restart()
  },
  async ({ server, holdMs }) => {
    for (let i = 0; i < RESTARTS_OF_A_STORM; i += 1) {
      await server.kill()
      await server.restart()
      await sleep(holdMs / RESTARTS_OF_A_STORM)
    }
  },
  answering({ kind: 'status', status: 500 }, 'writes'),
  answering({ kind: 'status', status: 503 }, 'all'),
  answering({ kind: 'status', status: 429, headers: { 'retry-after': '1' } }, 'writes'),
  answering({ kind: 'status-after', status: 500 }, 'writes'),
  answering({ kind: 'silence' }, 'writes'),
  answering({ kind: 'cut-before' }, 'all'),
  answering({ kind: 'cut-after' }, 'writes'),
]

const faultOf = (random: Random): Fault => FAULTS[Math.floor(random.uniform() * FAULTS.length)] as Fault

/** Makes the measurement's field a text in that week: our numbers are refused there, and all others are stored. */
const holdAnotherType = async (server: InfluxServer): Promise<void> => {
  const response = await fetch(`${server.url}/write?db=${DATABASE}&precision=ms`, {
    method: 'POST',
    body: `observations,ds=0 value="text" ${LATE_WEEK_MS}`,
  })
  if (response.status !== 204) throw new Error(`InfluxDB answered ${response.status}`)
}
