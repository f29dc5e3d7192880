import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { createSpool } from '../../../edge/spool.ts'
import { freeze } from '../../support/freeze.ts'
import { type InfluxServer, startInflux } from '../../support/influx.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import type { FaultKind } from '../faultKind.ts'
import { type Leg, runLegs } from '../legs.ts'
import { acknowledgedAnew } from '../moment.ts'
import { createRig } from '../rig.ts'

/**
 * InfluxDB is gone for long, by turns ended and frozen, while agent and client go on sending: the first outage lasts
 * seconds, each further one twice as long, the last of a full run ten minutes (`holdMs` makes each as long as that). The
 * spool must grow meanwhile, and the core's memory must not; afterwards all of it drains. With `spoolBytes` the spool is
 * to be too small: it stays so, and no more is lost than it counted as dropped.
 */
const FIRST_OUTAGE_MS = 5000
const LONGEST_OUTAGE_MS = 600_000
const ROUNDS = 8
const LOOK_EVERY_MS = 1000
/** About fifty readings a second: what ten minutes gather drains within the suite's patience. */
const AGENT_PAUSE_MS = 100
/** Of the core, over what it took before the outage. */
const MOST_GROWTH_MB = 256
/** Of the file, to the bytes of readings that it may hold: SQLite's pages are never full. */
const MOST_DISK_OF_SPOOL = 2
const DATABASE = 'nadi'

export const influxLong: FaultKind = {
  name: 'influx-long',
  about: 'InfluxDB away for seconds up to ten minutes while everybody goes on sending',
  rounds: ROUNDS,
  run: async (options) => [
    await runLegs(options, { name: influxLong.name, roundsOfALeg: ROUNDS, lanes: 1, leg }),
  ],
}

const leg: Leg = async (
  { rounds, seed, plant, holdMs: eachMs, spoolBytes, progress },
  { row, blame, judge },
) => {
  await using folder = await temporaryFolder()
  await using server = await startInflux()
  await using rig = await createRig({
    folder: path.join(folder.path, 'data'),
    journals: path.join(folder.path, 'journals'),
    seed,
    influxUrl: `${server.url}/${DATABASE}`,
    agentPauseMs: AGENT_PAUSE_MS,
    // With a bound, as a sensor's agent has one, the source waits for nobody however much has gathered.
    maxSpoolBytes: spoolBytes ?? 1e9,
    ...(plant && { plant }),
  })
  const spoolFile = path.join(folder.path, 'data', 'agent', 'spool.sqlite')
  let mostSpoolBytes = 0
  /** How many readings the spool has taken over since the beginning. */
  const spooled = (): number =>
    rig
      .sent()
      .find(({ acknowledgedBy }) => acknowledgedBy === 'its spool')
      ?.journal.acknowledged.at(-1)?.[1] ?? 0
  const makeRounds = async (): Promise<void> => {
    // So that no sender's first acknowledgement has to wait for the end of an outage.
    await acknowledgedAnew(rig)
    for (let at = 0; at < rounds; at += 1) {
      const holdMs = eachMs ?? Math.min(FIRST_OUTAGE_MS * 2 ** at, LONGEST_OUTAGE_MS)
      const end = await takeAway(server, (seed + at) % 2 === 0 ? 'ended' : 'frozen')
      const before = { megabytes: await residentMegabytes(rig.core.pid()), spooled: spooled() }
      let mostMegabytes = before.megabytes
      await rig.whileNothingCommits(async () => {
        const untilMs = performance.now() + holdMs
        while (performance.now() < untilMs) {
          await sleep(LOOK_EVERY_MS)
          mostMegabytes = Math.max(mostMegabytes, await residentMegabytes(rig.core.pid()))
          mostSpoolBytes = Math.max(mostSpoolBytes, (await stat(spoolFile)).size)
        }
      })
      const grown = spooled() - before.spooled
      await end()
      await acknowledgedAnew(rig)
      progress(
        `away for ${holdMs / 1000} s: ${grown} readings went into the spool; the core took ${before.megabytes} MB before and ${mostMegabytes} MB at most`,
      )
      if (grown === 0) blame('the spool did not grow while InfluxDB was away')
      if (mostMegabytes > before.megabytes + MOST_GROWTH_MB) {
        blame(`the core grew from ${before.megabytes} to ${mostMegabytes} MB while InfluxDB was away`)
      }
      row.rounds += 1
    }
  }
  await judge(rig, makeRounds, spoolBytes === undefined ? undefined : { mayLose: 'agent' })
  if (spoolBytes === undefined) return
  await rig.agent.kill()
  const dropped = droppedEver(spoolFile)
  progress(
    `the spool took ${mostSpoolBytes} bytes of disk at most and dropped ${dropped} readings; ${row.tally.lost} are lost`,
  )
  if (dropped === 0) blame(`the outage did not fill a spool of ${spoolBytes} bytes`)
  if (row.tally.lost > dropped)
    blame(`${row.tally.lost} readings are lost, of which the spool counted ${dropped}`)
  if (mostSpoolBytes > MOST_DISK_OF_SPOOL * spoolBytes)
    blame(`the spool took ${mostSpoolBytes} bytes of disk`)
}

/** What the spool has counted as dropped since it was made. */
const droppedEver = (file: string): number => {
  const spool = createSpool({
    file,
    maxBytes: 1e9,
    reserveBytes: 0,
    log: pino({ level: 'silent' }),
    now: Date.now,
  })
  try {
    return spool.stats().dropped
  } finally {
    spool.close()
  }
}

/** Ends or stops the server; the answer brings it back. */
const takeAway = async (server: InfluxServer, how: 'ended' | 'frozen'): Promise<() => Promise<void>> => {
  if (how === 'ended') {
    await server.kill()
    return () => server.restart()
  }
  const { pid } = server
  await freeze(pid)
  return async () => void process.kill(pid, 'SIGCONT')
}

/** What a process holds in memory, in megabytes. */
const residentMegabytes = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024)
}
