import { addTallies, NOTHING, type Verdict } from './checker.ts'
import type { FaultOptions, FaultRow } from './faultKind.ts'
import type { Rig } from './rigParts.ts'

/** Rounds in legs: each on files of its own, settled and judged at its end, replayable by its own seed. */
export interface Legs {
  /** The kind's name. */
  name: string
  roundsOfALeg: number
  /** Legs at once. */
  lanes: number
  leg: Leg
}

/** Makes the rounds of one leg; what it throws is blamed on the leg. */
export type Leg = (options: FaultOptions, court: Court) => Promise<void>

export interface Court {
  /** To count rounds in. */
  row: FaultRow
  blame: (told: string) => void
  /** Starts the rig, lets the rounds happen, settles and judges it, whatever the rounds come to. */
  judge: (rig: Rig, rounds: () => Promise<void>, leniency?: Leniency) => Promise<void>
}

export interface Leniency {
  /** What this sender's acknowledgement stood for may be lost: it is counted in the row and is no problem. */
  mayLose: 'agent'
}

export const runLegs = async (
  options: FaultOptions,
  { name, roundsOfALeg, lanes, leg }: Legs,
): Promise<FaultRow> => {
  const legs = Math.ceil(options.rounds / roundsOfALeg)
  const rows: FaultRow[] = []
  let begun = 0
  const lane = async (): Promise<void> => {
    while (begun < legs) {
      const at = begun
      begun += 1
      const rounds = Math.min(roundsOfALeg, options.rounds - at * roundsOfALeg)
      const row = await runLeg(name, { ...options, rounds, seed: options.seed + at }, leg)
      rows.push(row)
      const { acknowledged, lost, twice } = row.tally
      options.progress(
        `${rows.length}/${legs} legs, seed ${options.seed + at}: ${row.rounds} faults, ${acknowledged} acknowledged, ` +
          `${lost} lost, ${twice} twice, worst recovery ${row.worstRecoveryMs} ms`,
      )
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, legs) }, lane))
  return {
    name: options.store === undefined ? name : `${name} on ${options.store}`,
    rounds: rows.reduce((sum, row) => sum + row.rounds, 0),
    tally: rows.reduce((sum, row) => addTallies(sum, row.tally), NOTHING),
    worstRecoveryMs: Math.max(0, ...rows.map((row) => row.worstRecoveryMs)),
    problems: rows.flatMap((row) => row.problems),
  }
}

const runLeg = async (name: string, options: FaultOptions, leg: Leg): Promise<FaultRow> => {
  const { rounds, seed, plant, store, holdMs, spoolBytes } = options
  const more = { plant, store, hold: holdMs && holdMs / 1000, spool: spoolBytes }
  const replay = `npm run test:faults -- --only ${name} --seed ${seed} --rounds ${rounds}${Object.entries(
    more,
  )
    .map(([option, value]) => (value ? ` --${option} ${value}` : ''))
    .join('')}`
  const row: FaultRow = { name, rounds: 0, tally: NOTHING, worstRecoveryMs: 0, problems: [] }
  const blame = (told: string): void => void row.problems.push({ told, replay })
  const judge: Court['judge'] = async (rig, makeRounds, leniency) => {
    const deliver = ({ tally, problems }: Verdict): void => {
      row.tally = tally
      const forgiven = leniency && new RegExp(`^lost: \\d+ of ${leniency.mayLose},`)
      problems.filter((told) => !forgiven?.test(told)).forEach(blame)
    }
    try {
      await rig.start()
      await makeRounds()
      deliver(await rig.settle())
    } catch (error) {
      blame(messageOf(error))
      deliver(await rig.inspect())
    } finally {
      row.worstRecoveryMs = Math.max(0, ...rig.recoveriesMs)
    }
  }
  try {
    await leg(options, { row, blame, judge })
  } catch (error) {
    blame(messageOf(error))
  }
  return row
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
