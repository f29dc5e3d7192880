import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyedRandom } from '../../../edge/simulation/random.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { acknowledgedAnew } from '../moment.ts'
import type { FaultKind } from '../faultKind.ts'
import { type Leg, runLegs } from '../legs.ts'
import { createRig } from '../rig.ts'

/** The clocks of core, agent and client jump by hours, forwards and back, while they run and while they start. */
const ROUNDS_OF_A_LEG = 20
const LONGEST_JUMP_HOURS = 20
const LONGEST_STAY_MS = 1500
const MACHINES = ['core', 'agent', 'client'] as const

export const clock: FaultKind = {
  name: 'clock',
  about: 'clocks that jump by hours, forwards and back (libfaketime)',
  rounds: 60,
  run: async (options) => [
    await runLegs(options, { name: clock.name, roundsOfALeg: ROUNDS_OF_A_LEG, lanes: 2, leg }),
  ],
}

const leg: Leg = async ({ rounds, seed, plant }, { row, judge }) => {
  await using folder = await temporaryFolder()
  const offsetFile = (machine: string): string => path.join(folder.path, `${machine}.offset`)
  /** Seconds that the machine's clock is ahead. */
  const setClock = (machine: string, seconds: number): Promise<void> =>
    writeFile(offsetFile(machine), `${seconds < 0 ? '' : '+'}${seconds}\n`)
  for (const machine of MACHINES) await setClock(machine, 0)
  const env = (machine: string) => ({
    LD_PRELOAD: '/usr/$LIB/faketime/libfaketimeMT.so.1',
    FAKETIME_TIMESTAMP_FILE: offsetFile(machine),
    FAKETIME_NO_CACHE: '1',
    // The monotonic clock, by which timers run, does not jump on a real machine either.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  })
  await using rig = await createRig({
    folder: path.join(folder.path, 'data'),
    journals: path.join(folder.path, 'journals'),
    seed,
    ...(plant && { plant }),
    clocksJump: true,
    run: { core: { env: env('core') }, agent: { env: env('agent') }, client: { env: env('client') } },
  })
  await judge(rig, async () => {
    for (let at = 0; at < rounds; at += 1) {
      const random = keyedRandom(seed, at)
      for (const machine of MACHINES) {
        if (random.uniform() < 0.5) continue
        await setClock(machine, Math.round((random.uniform() * 2 - 1) * LONGEST_JUMP_HOURS * 3600))
      }
      const restarted = random.uniform() < 0.25 ? MACHINES[Math.floor(random.uniform() * 2)] : undefined
      if (restarted) await rig.killAndRestart([restarted], 0)
      await sleep(random.uniform() * LONGEST_STAY_MS)
      await acknowledgedAnew(rig)
      row.rounds += 1
    }
    for (const machine of MACHINES) await setClock(machine, 0)
  })
}
