import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyedRandom } from '../../../edge/simulation/random.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { acknowledgedAnew } from '../moment.ts'
import type { FaultKind } from '../faultKind.ts'
import { type Leg, runLegs } from '../legs.ts'
import { createRig } from '../rig.ts'

/**
 * `fsync` and `fdatasync` of the core answer EIO, from the nth call of each thread on, for some calls or for good. After
 * some calls it goes on by itself; otherwise it is killed and started on a disk that works. Slow: each system call of
 * the core goes through a tracer.
 */
const ROUNDS_OF_A_LEG = 5
const LATEST_FIRST_CALL = 30
const MOST_CALLS = 6
const LONGEST_FAILING_MS = 2000

export const fsync: FaultKind = {
  name: 'fsync',
  about: 'fsync of the core fails with EIO, for some calls or for good',
  rounds: 20,
  run: async (options) => [
    await runLegs(options, { name: fsync.name, roundsOfALeg: ROUNDS_OF_A_LEG, lanes: 1, leg }),
  ],
}

const leg: Leg = async ({ rounds, seed, plant }, { row, judge }) => {
  await using folder = await temporaryFolder()
  let when: string | undefined
  await using rig = await createRig({
    folder: path.join(folder.path, 'data'),
    journals: path.join(folder.path, 'journals'),
    seed,
    ...(plant && { plant }),
    run: {
      core: { wrap: () => (when === undefined ? [] : failing(when)), env: { UV_THREADPOOL_SIZE: '2' } },
    },
    // It may fail while it opens its files.
    mayEnd: ['core'],
  })
  await judge(rig, async () => {
    for (let at = 0; at < rounds; at += 1) {
      const random = keyedRandom(seed, at)
      const first = 1 + Math.floor(random.uniform() * LATEST_FIRST_CALL)
      const passes = random.uniform() < 0.5
      when = passes ? `${first}..${first + Math.floor(random.uniform() * MOST_CALLS)}` : `${first}+`
      await rig.killAndRestart(['core'], 0)
      await sleep(random.uniform() * LONGEST_FAILING_MS)
      if (passes && rig.core.running()) await acknowledgedAnew(rig).catch(() => undefined)
      when = undefined
      await rig.killAndRestart(['core'], 0)
      await acknowledgedAnew(rig)
      row.rounds += 1
    }
  })
}

/** The command that makes the calls fail; only these two are traced, the rest runs at nearly full speed. */
const failing = (when: string): readonly string[] =>
  `strace -f -qq --seccomp-bpf -o /dev/null -e trace=fsync,fdatasync -e inject=fsync,fdatasync:error=EIO:when=${when}`.split(
    ' ',
  )
