import { commandLine } from '../support/commandLine.ts'
import type { FaultKind, FaultRow } from './faultKind.ts'
import { FAULT_KINDS } from './kinds/index.ts'
import { kill } from './kinds/kill.ts'
import { peer } from './kinds/peer.ts'
import { isPlant, PLANTS } from './plants/plant.ts'
import { tableOf } from './table.ts'

/**
 * `npm run test:faults`: real processes under real faults, judged by what they acknowledged. Exit codes: 0 all
 * invariants held, 1 one was broken (with the command that replays it), 2 wrong use.
 */
const USAGE = `npm run test:faults -- [--only KIND]... [--rounds N] [--seed S] [--plant BUG] [--store influx] [--hold SECONDS] [--spool BYTES]
npm run test:faults -- --peer [--rounds N] [--seed S]

Kinds: ${FAULT_KINDS.map(({ name, about, rounds }) => `\n  ${name.padEnd(12)} ${about} (${rounds} rounds)`).join('')}
--rounds  rounds of each kind instead of the full number
--seed    first seed; default: one from the clock, printed
--store   the core's store; on influx: ${FAULT_KINDS.filter(({ onInflux }) => onInflux)
  .map(({ name }) => name)
  .join(', ')}
--hold    seconds that each outage of influx-long lasts, instead of twice as long as the one before
--spool   bytes that the agent's spool may hold in influx-long: what makes room is counted and held against the losses
--peer    kills of ours beside as many of the usual pipeline (${peer.rounds} rounds)
--plant   build the processes with a bug and see the suite fail: ${PLANTS.join(', ')}
`

const LONGEST_RECOVERY_MS = 10_000

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const { read, wholeNumber, wrongUse } = commandLine(USAGE)

const chosen = (only: readonly string[] | undefined, store: string | undefined): readonly FaultKind[] => {
  const unknown = only?.find((name) => FAULT_KINDS.every((kind) => kind.name !== name))
  if (unknown !== undefined) return wrongUse(`There is no kind of fault "${unknown}".`)
  const kinds = only ? FAULT_KINDS.filter(({ name }) => only.includes(name)) : FAULT_KINDS
  if (store === undefined) return kinds
  const able = kinds.filter(({ onInflux }) => onInflux)
  return able.length > 0 ? able : wrongUse('None of these kinds runs with --store influx.')
}

// Whoever is ended tidies up: what the kinds have made lets go at `exit`.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const {
  only,
  rounds,
  seed,
  plant,
  store,
  hold,
  spool,
  peer: besidePeer,
} = read({
  only: { type: 'string', multiple: true },
  rounds: { type: 'string' },
  seed: { type: 'string' },
  plant: { type: 'string' },
  store: { type: 'string' },
  hold: { type: 'string' },
  spool: { type: 'string' },
  peer: { type: 'boolean' },
}).values
if (plant !== undefined && !isPlant(plant)) wrongUse(`There is no planted bug "${plant}".`)
if (store !== undefined && store !== 'influx')
  wrongUse('--store takes influx; without it the store is embedded.')
const firstSeed = seed === undefined ? Math.floor(Date.now() / 1000) % 1_000_000 : wholeNumber('seed', seed)
const wanted = rounds === undefined ? undefined : wholeNumber('rounds', rounds)

const rows: FaultRow[] = []
const kinds = besidePeer ? [{ ...kill, rounds: peer.rounds }, peer] : chosen(only, store)
for (const kind of kinds) {
  const why = await kind.unavailable?.()
  if (why !== undefined) {
    say(`${kind.name}: left out, ${why}`)
    continue
  }
  say(`${kind.name}: ${kind.about}; first seed ${firstSeed}`)
  const startedMs = performance.now()
  const made = await kind.run({
    rounds: wanted ?? kind.rounds,
    seed: firstSeed,
    ...(plant !== undefined && isPlant(plant) && { plant }),
    ...(store === 'influx' && { store }),
    ...(hold !== undefined && { holdMs: wholeNumber('hold', hold) * 1000 }),
    ...(spool !== undefined && { spoolBytes: wholeNumber('spool', spool) }),
    progress: (line) =>
      say(`  ${Math.round((performance.now() - startedMs) / 1000)} s  ${kind.name} ${line}`),
  })
  rows.push(...made)
}
process.stdout.write(`${tableOf(rows)}\n`)
const problems = rows.flatMap((row) => row.problems)
for (const { told, replay } of problems) process.stdout.write(`FAILED ${told}\n  replay: ${replay}\n`)
const slow = rows.filter(({ worstRecoveryMs }) => worstRecoveryMs > LONGEST_RECOVERY_MS)
for (const { name, worstRecoveryMs } of slow) {
  process.stdout.write(
    `FAILED ${name}: a recovery took ${worstRecoveryMs} ms, more than ${LONGEST_RECOVERY_MS} (is the machine busy?)
  replay: npm run test:faults -- --only ${name} --seed ${firstSeed}${rounds === undefined ? '' : ` --rounds ${rounds}`}${store === undefined ? '' : ` --store ${store}`}\n`,
  )
}
process.exit(problems.length + slow.length > 0 ? 1 : 0)
