import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { createSystemClock } from '../../../edge/clock.ts'
import { openConnection } from '../../../edge/connection.ts'
import { keyedRandom } from '../../../edge/simulation/random.ts'
import { createUplink } from '../../../edge/uplink.ts'
import { until } from '../../support/until.ts'
import { openJournal } from '../journal.ts'
import type { Source } from '../observations.ts'
import { meetParent } from '../parent.ts'
import { createMemoryRows } from './memoryRows.ts'

/**
 * Many clients, each an edge agent's uplink with the limits that an agent has, so that they come back after a kill as
 * a city of agents does. Its one argument is `StormOptions` as JSON.
 */
export interface StormOptions {
  /** All devices speak for this one's building, with numbers from one sequence. */
  source: Source
  url: string
  /** JSON: device to password. */
  passwordsFile: string
  journalFile: string
  seed: number
  /** Each client has a new observation this often. */
  everyMs: number
}

const LOOK_MS = 20

const options = JSON.parse(process.argv[2] ?? '{}') as StormOptions
const { source, url, passwordsFile, journalFile, seed, everyMs } = options
const { tell, onMessage } = meetParent()
const passwords = Object.entries(JSON.parse(readFileSync(passwordsFile, 'utf8')) as Record<string, string>)
const journal = openJournal(journalFile)
const log = pino({ level: 'silent' })
const clock = createSystemClock()
const finishing = new AbortController()
let seq = 0
let released = 0
let told = 0

const clients = await Promise.all(
  passwords.map(async ([device, password], index) => {
    const memory = createMemoryRows(source, journal)
    const random = keyedRandom(seed, index)
    const uniform = (): number => random.uniform()
    const uplink = await createUplink({
      urls: [url],
      device,
      credentials: async () => ({ password }),
      birth: { things: [], datastreams: [] },
      rows: memory.rows,
      onReleased(rows) {
        released += rows
      },
      openConnection,
      clock,
      log,
      random: uniform,
    })
    const measure = async (): Promise<void> => {
      while (!finishing.signal.aborted) {
        await clock.sleep(everyMs * 2 * uniform(), finishing.signal)
        seq += 1
        memory.append(seq)
        uplink.wake()
      }
    }
    return { uplink, memory, measuring: measure() }
  }),
)

setInterval(() => {
  if (released === told) return
  told = released
  tell({ kind: 'acknowledged', atMs: Date.now() })
}, LOOK_MS).unref()

onMessage(({ kind }) => {
  if (kind !== 'finish') return
  const finish = async (): Promise<void> => {
    finishing.abort()
    await Promise.all(clients.map(({ measuring }) => measuring))
    const isDone = (): boolean =>
      clients.every(({ uplink, memory }) => uplink.connected && memory.count() === 0)
    await until(isDone, { timeoutMs: 120_000, what: 'every client to be back and rid of its rows' })
    tell({ kind: 'finished' })
    await sleep(0)
  }
  void finish()
})
