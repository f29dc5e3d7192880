import { existsSync, readdirSync } from 'node:fs'
import { open, truncate } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyedRandom, type Random } from '../../../edge/simulation/random.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { until } from '../../support/until.ts'
import type { FaultKind } from '../faultKind.ts'
import { type Leg, runLegs } from '../legs.ts'
import { acknowledgedAnew } from '../moment.ts'
import { createRig } from '../rig.ts'

/**
 * The spool's file or its log has bytes flipped, zeroed or cut off while the agent is dead and the core away, so that
 * the spool is full of readings. Some of those are lost then, and counted here; nothing else is, nothing comes twice
 * or with another value, and the agent goes on.
 */
const ROUNDS_OF_A_LEG = 15
const LONGEST_GATHERING_MS = 1500
const MOST_PLACES = 4
const LARGEST_HOLE_BYTES = 6000

export const spool: FaultKind = {
  name: 'spool',
  about: 'flipped, zeroed and truncated bytes in the spool and its log',
  rounds: 60,
  run: async (options) => [
    await runLegs(options, { name: spool.name, roundsOfALeg: ROUNDS_OF_A_LEG, lanes: 2, leg }),
  ],
}

const leg: Leg = async ({ rounds, seed, plant }, { row, blame, judge }) => {
  await using folder = await temporaryFolder()
  const data = path.join(folder.path, 'data')
  await using rig = await createRig({
    folder: data,
    journals: path.join(folder.path, 'journals'),
    seed,
    ...(plant && { plant }),
  })
  const file = path.join(data, 'agent', 'spool.sqlite')
  let damaged = 0
  const makeRounds = async (): Promise<void> => {
    // A busy machine takes its time to start an agent: what is not there yet cannot be damaged.
    await until(() => existsSync(file), { timeoutMs: 60_000, what: 'the spool' })
    for (let at = 0; at < rounds; at += 1) {
      const random = keyedRandom(seed, at)
      await rig.core.kill()
      await sleep(random.uniform() * LONGEST_GATHERING_MS)
      await rig.agent.kill()
      const target = random.uniform() < 0.4 && existsSync(`${file}-wal`) ? `${file}-wal` : file
      await damage(target, random)
      damaged += 1
      await rig.killAndRestart(['core', 'agent'], 0)
      await acknowledgedAnew(rig)
      row.rounds += 1
    }
  }
  await judge(rig, makeRounds, { mayLose: 'agent' })
  const aside = readdirSync(path.dirname(file)).filter((name) => name.includes('.damaged-'))
  if (damaged >= ROUNDS_OF_A_LEG && aside.length === 0) blame('no damaged spool was ever set aside')
}

/** Flips bits of some bytes, zeroes some stretches, or cuts the end off. */
const damage = async (file: string, random: Random): Promise<void> => {
  const handle = await open(file, 'r+')
  try {
    const { size } = await handle.stat()
    if (size === 0) return
    const offset = (): number => Math.floor(random.uniform() * size)
    const way = random.uniform()
    if (way < 0.2) {
      await truncate(file, offset())
      return
    }
    const places = 1 + Math.floor(random.uniform() * MOST_PLACES)
    for (let i = 0; i < places; i += 1) {
      const at = offset()
      if (way < 0.4) {
        const bytes = Math.min(size - at, 1 + Math.floor(random.uniform() * LARGEST_HOLE_BYTES))
        await handle.write(Buffer.alloc(bytes), 0, bytes, at)
      } else {
        const byte = Buffer.alloc(1)
        await handle.read(byte, 0, 1, at)
        byte[0] = (byte[0] ?? 0) ^ (1 << Math.floor(random.uniform() * 8))
        await handle.write(byte, 0, 1, at)
      }
    }
  } finally {
    await handle.close()
  }
}
