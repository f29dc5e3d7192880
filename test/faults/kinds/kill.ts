import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { addTallies, NOTHING } from '../checker.ts'
import type { FaultKind, FaultOptions, FaultRow } from '../faultKind.ts'
import { createRig, type Rig } from '../rig.ts'
import { type Kill, killsOf } from '../schedule.ts'

/**
 * `kill -9` of core, agent, plain client, and several at once, at times drawn from the seed: while they start, open
 * their files, connect, drain and compact. Legs of kills on the same files, each settled and judged at its end.
 */
const ROUNDS_OF_A_LEG = 25
/** Legs at once: a process that starts mostly waits for the disk. */
const LANES = 2

export const kill: FaultKind = {
  name: 'kill',
  about: 'kill -9 of core, edge agent and plain client at seeded times',
  rounds: 1000,
  async run(options) {
    const legs = Math.ceil(options.rounds / ROUNDS_OF_A_LEG)
    const rows: FaultRow[] = []
    let begun = 0
    const lane = async (): Promise<void> => {
      while (begun < legs) {
        const leg = begun
        begun += 1
        const rounds = Math.min(ROUNDS_OF_A_LEG, options.rounds - leg * ROUNDS_OF_A_LEG)
        const row = await runLeg({ ...options, rounds, seed: options.seed + leg })
        rows.push(row)
        options.progress(
          `${rows.length}/${legs} legs, seed ${options.seed + leg}: ${rounds} kills, ${row.tally.acknowledged} acknowledged, ` +
            `${row.tally.lost} lost, ${row.tally.twice} twice, worst recovery ${row.worstRecoveryMs} ms`,
        )
      }
    }
    await Promise.all(Array.from({ length: Math.min(LANES, legs) }, lane))
    return [sumOf(rows)]
  },
}

const sumOf = (rows: readonly FaultRow[]): FaultRow => ({
  name: kill.name,
  rounds: rows.reduce((sum, row) => sum + row.rounds, 0),
  tally: rows.reduce((sum, row) => addTallies(sum, row.tally), NOTHING),
  worstRecoveryMs: Math.max(...rows.map((row) => row.worstRecoveryMs)),
  problems: rows.flatMap((row) => row.problems),
})

const runLeg = async ({ rounds, seed, plant }: FaultOptions): Promise<FaultRow> => {
  const replay = `npm run test:faults -- --only kill --seed ${seed} --rounds ${rounds}${plant ? ` --plant ${plant}` : ''}`
  await using folder = await temporaryFolder()
  await using rig = await createRig({
    folder: path.join(folder.path, 'data'),
    journals: path.join(folder.path, 'journals'),
    seed,
    ...(plant && { plant }),
  })
  const row: FaultRow = { name: kill.name, rounds: 0, tally: NOTHING, worstRecoveryMs: 0, problems: [] }
  const blame = (told: string): void => void row.problems.push({ told, replay })
  try {
    await rig.start()
    for (const each of killsOf(seed, rounds)) {
      await comeTo(each, rig)
      await rig.killAndRestart(each.victims, each.downMs)
      row.rounds += 1
    }
    const verdict = await rig.settle()
    row.tally = verdict.tally
    verdict.problems.forEach(blame)
  } catch (error) {
    blame(error instanceof Error ? error.message : String(error))
  }
  row.worstRecoveryMs = Math.max(0, ...rig.recoveriesMs)
  return row
}

/** Waits for the moment at which the kill is due. */
const comeTo = async ({ victims: [first = 'core'], moment, delayMs }: Kill, rig: Rig): Promise<void> => {
  if (moment === 'opening') await rig[first].heard('opening')
  if (moment === 'connecting') await rig.core.heard('serving')
  if (moment === 'draining') await rig.recovered()
  await sleep(delayMs)
}
