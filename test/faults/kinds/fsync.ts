import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyedRandom } from '../../../edge/simulation/random.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { until } from '../../support/until.ts'
import { acknowledgedAnew } from '../moment.ts'
import type { FaultKind } from '../faultKind.ts'
import { type Leg, runLegs } from '../legs.ts'
import { createRig } from '../rig.ts'
import type { Rig } from '../rigParts.ts'

/**
 * `fsync` and `fdatasync` of the core answer EIO, from the nth call of each thread on, for some calls or for good. After
 * some calls it goes on by itself; otherwise it is killed and started on a disk that works. In a third of the rounds
 * every call fails from one moment on while it runs: then nothing may be acknowledged until that is over, and it goes on
 * by itself. Slow: each system call of the core goes through a tracer.
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
      if (random.uniform() < 1 / 3) {
        await failWhileRunning(rig, random.uniform() * LONGEST_FAILING_MS)
        await acknowledgedAnew(rig)
        row.rounds += 1
        continue
      }
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

const CALLS = ['-e', 'trace=fsync,fdatasync', '-e']
const failure = (when: string): string => `inject=fsync,fdatasync:error=EIO:when=${when}`

/** The command that makes the calls fail; only these two are traced, the rest runs at nearly full speed. */
const failing = (when: string): readonly string[] => [
  'strace',
  '-f',
  '-qq',
  '--seccomp-bpf',
  '-o',
  '/dev/null',
  ...CALLS,
  failure(when),
]

/** Has a tracer take hold of the running core, and let go of it after that time. */
const failWhileRunning = async (rig: Rig, forMs: number): Promise<void> => {
  await rig.recovered()
  const args = ['-f', '-p', String(rig.core.pid()), '-o', '/dev/null', ...CALLS, failure('1+')]
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const gone = once(tracer, 'exit')
  let told = ''
  tracer.stderr.setEncoding('utf8').on('data', (text: string) => (told += text))
  try {
    await until(() => /attached/.test(told), { what: 'the tracer holding the core', timeoutMs: 60_000 })
    await rig.whileNothingCommits(() => sleep(forMs))
  } finally {
    // It detaches; a tracer that is killed would take the core along.
    tracer.kill('SIGINT')
    await gone
  }
}
