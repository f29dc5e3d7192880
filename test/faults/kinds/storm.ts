import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyedRandom } from '../../../edge/simulation/random.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { until } from '../../support/until.ts'
import { check, NOTHING } from '../checker.ts'
import type { CoreOptions } from '../coreProcess.ts'
import type { FaultKind, FaultOptions, FaultRow } from '../faultKind.ts'
import { freePort } from '../freePort.ts'
import { readJournal } from '../journal.ts'
import type { StormOptions } from '../storm/stormProcess.ts'
import { createWorker } from '../worker.ts'

/**
 * A restart storm: the core is killed again and again, a hundred times in five minutes, while a thousand agents'
 * uplinks come back to it with their own back-off. All invariants hold, something is acknowledged within seconds of
 * each start that lives so long, and in the end every client is back.
 */
const CLIENTS_OF_A_ROUND = 10
const MEAN_MS = 3000
const EVERY_MS = 4000
const SOURCE = { name: 'storm', index: 3 }

export const storm: FaultKind = {
  name: 'storm',
  about: 'restart storm: a kill of the core every three seconds, ten reconnecting clients for each kill',
  rounds: 100,
  run: async (options) => [await runStorm(options, options.rounds * CLIENTS_OF_A_ROUND)],
}

const runStorm = async ({ rounds, seed, progress }: FaultOptions, clients: number): Promise<FaultRow> => {
  const replay = `npm run test:faults -- --only storm --seed ${seed} --rounds ${rounds}`
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const port = await freePort(seed)
  const journalFile = path.join(folder.path, 'storm.journal')
  const passwordsFile = path.join(folder.path, 'passwords.json')
  const row: FaultRow = { name: storm.name, rounds: 0, tally: NOTHING, worstRecoveryMs: 0, problems: [] }
  const blame = (told: string): void => void row.problems.push({ told, replay })
  const ended = (who: string) => (code: number | null, told: string) =>
    blame(`the ${who} ended by itself (${code}): ${told}`)
  let servingAtMs = Infinity
  let awaited = true
  const core = stack.use(
    createWorker({
      name: 'core',
      module: 'coreProcess.ts',
      options: (): CoreOptions => ({
        folder: path.join(folder.path, 'core'),
        port,
        devices: Array.from({ length: clients }, (_, i) => ({ id: `storm-${i}`, building: SOURCE.name })),
        compactAtRows: 2000,
      }),
      onMessage(message) {
        if (message.kind === 'serving') servingAtMs = message.atMs
      },
      onEnded: ended('core'),
    }),
  )
  const uplinks = stack.use(
    createWorker({
      name: 'clients',
      module: 'storm/stormProcess.ts',
      options: (): StormOptions => ({
        source: SOURCE,
        url: `mqtt://127.0.0.1:${port}`,
        passwordsFile,
        journalFile,
        seed,
        everyMs: EVERY_MS,
      }),
      onMessage(message) {
        if (message.kind !== 'acknowledged' || !awaited || message.atMs < servingAtMs) return
        awaited = false
        row.worstRecoveryMs = Math.max(row.worstRecoveryMs, message.atMs - core.startedAtMs())
      },
      onEnded: ended('clients'),
    }),
  )
  const killAndRestart = async (): Promise<void> => {
    await core.kill()
    servingAtMs = Infinity
    awaited = true
    core.start()
  }
  const isAcknowledging = async (): Promise<void> => {
    await until(() => !awaited, { timeoutMs: 60_000, what: 'an acknowledgement after a start' })
  }

  core.start()
  writeFileSync(passwordsFile, JSON.stringify((await core.heard('serving')).passwords))
  uplinks.start()
  try {
    await isAcknowledging()
    row.worstRecoveryMs = 0
    for (let round = 0; round < rounds; round += 1) {
      await sleep(keyedRandom(seed, round).uniform() * 2 * MEAN_MS)
      await killAndRestart()
      row.rounds += 1
      if (row.rounds % 10 === 0) progress(`${row.rounds}/${rounds} kills`)
    }
    const lastMs = performance.now()
    await isAcknowledging()
    uplinks.send({ kind: 'finish' })
    await uplinks.heard('finished', 180_000)
    progress(
      `all ${clients} clients are back ${Math.round(performance.now() - lastMs)} ms after the last kill`,
    )
    await core.kill()
    core.start()
    await core.heard('serving')
    core.send({ kind: 'read' })
    const { contents } = await core.heard('contents')
    const sent = { source: SOURCE, acknowledgedBy: 'PUBACK', journal: readJournal(journalFile) }
    const verdict = check(contents, [sent])
    row.tally = verdict.tally
    verdict.problems.forEach(blame)
    if (verdict.tally.sent > verdict.tally.acknowledged) {
      blame(`${verdict.tally.sent - verdict.tally.acknowledged} observations were never acknowledged`)
    }
  } catch (error) {
    blame(error instanceof Error ? error.message : String(error))
  }
  return row
}
