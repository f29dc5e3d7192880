import path from 'node:path'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import type { FaultKind } from '../faultKind.ts'
import { type Leg, runLegs } from '../legs.ts'
import { comeTo } from '../moment.ts'
import { influxBehind } from '../influxBehind.ts'
import { createRig } from '../rig.ts'
import { killsOf, killsWithInflux } from '../schedule.ts'

/**
 * `kill -9` of core, agent, plain client, and several at once, at times drawn from the seed: while they start, open
 * their files, connect, drain and compact. InfluxDB too, where it is the store.
 */
const ROUNDS_OF_A_LEG = 25
/** Legs at once: a process that starts mostly waits for the disk. */
const LANES = 2

export const kill: FaultKind = {
  name: 'kill',
  about: 'kill -9 of core, edge agent and plain client at seeded times',
  rounds: 1000,
  onInflux: true,
  run: async (options) => [
    await runLegs(options, { name: kill.name, roundsOfALeg: ROUNDS_OF_A_LEG, lanes: LANES, leg }),
  ],
}

const leg: Leg = async ({ rounds, seed, plant, store }, { row, judge }) => {
  await using stack = new AsyncDisposableStack()
  const influx = await influxBehind(stack, store)
  await using folder = await temporaryFolder()
  await using rig = await createRig({
    folder: path.join(folder.path, 'data'),
    journals: path.join(folder.path, 'journals'),
    seed,
    ...(plant && { plant }),
    ...influx?.forRig,
  })
  await judge(rig, async () => {
    for (const each of influx ? killsWithInflux(seed, rounds) : killsOf(seed, rounds)) {
      await comeTo(each, rig)
      await rig.killAndRestart(each.victims, each.downMs)
      row.rounds += 1
    }
  })
}
