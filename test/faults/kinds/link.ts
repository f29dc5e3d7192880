import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyedRandom, type Random } from '../../../edge/simulation/random.ts'
import { createFaultyLink, type LinkState } from '../../support/faultyLink.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { acknowledgedAnew } from '../moment.ts'
import type { FaultKind } from '../faultKind.ts'
import { type Leg, runLegs } from '../legs.ts'
import { createRig } from '../rig.ts'

/** The link between senders and broker is cut, refused, slow, in fragments, or stalls in one direction or both. */
const ROUNDS_OF_A_LEG = 25
const LONGEST_FAULT_MS = 2500
/** Short enough that a stalled link is given up within a round. */
const LIMITS = { connectTimeoutMs: 1000, pubackTimeoutMs: 1000 }

export const link: FaultKind = {
  name: 'link',
  about: 'cut, slow, fragmenting, refusing and stalling links of the senders',
  rounds: 150,
  run: async (options) => [
    await runLegs(options, { name: link.name, roundsOfALeg: ROUNDS_OF_A_LEG, lanes: 2, leg }),
  ],
}

const leg: Leg = async ({ rounds, seed, plant }, { row, judge }) => {
  await using folder = await temporaryFolder()
  const pieces = keyedRandom(seed, -1)
  let port = 0
  await using faulty = await createFaultyLink({ target: () => port, random: () => pieces.uniform() })
  await using rig = await createRig({
    folder: path.join(folder.path, 'data'),
    journals: path.join(folder.path, 'journals'),
    seed,
    ...(plant && { plant }),
    sendersPort: faulty.port,
    limits: LIMITS,
  })
  ;({ port } = rig)
  await judge(rig, async () => {
    for (let at = 0; at < rounds; at += 1) {
      const random = keyedRandom(seed, at)
      faulty.set(stateOf(random))
      await sleep(random.uniform() * LONGEST_FAULT_MS)
      // A link that comes back often does so with other addresses: what was open is open for one side alone.
      if (random.uniform() < 0.5) faulty.cut()
      faulty.set({ kind: 'clear' })
      await acknowledgedAnew(rig)
      row.rounds += 1
    }
  })
}

const stateOf = (random: Random): LinkState => {
  const below = (limit: number): number => Math.floor(random.uniform() * limit)
  const direction = below(2) === 0 ? 'up' : 'down'
  const states: LinkState[] = [
    { kind: 'refuse' },
    { kind: 'slow', delayMs: 1 + below(60) },
    { kind: 'fragment', largestBytes: 1 + below(64) },
    { kind: 'stall', directions: [direction] },
    { kind: 'stall', directions: ['up', 'down'] },
    { kind: 'cut-after', direction, bytes: 1 + below(direction === 'up' ? 20_000 : 200) },
  ]
  return states[below(states.length)] as LinkState
}
