import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createEmbeddedStore } from '../../store/embedded/embeddedStore.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { TEST_SCALE } from '../support/testScale.ts'

const CHILD = path.join(import.meta.dirname, 'appendingChild.ts')

/** After how many acknowledgements the process is killed, round by round: within commits, compactions and merges. */
const killAfter = Array.from(
  { length: Math.ceil(3 * TEST_SCALE) },
  (_, round) => 150 + ((round * 1741) % 4000),
)

/** Runs the child until that many acknowledgements, kills it and returns the last acknowledged number of each stream. */
const appendUntilKilled = async (
  folder: string,
  first: number,
  acks: number,
): Promise<Map<number, number>> => {
  const child = spawn(process.execPath, [CHILD, folder, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const acknowledged = new Map<number, number>()
  let count = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [stream = NaN, number = NaN] = line.split(' ').map(Number)
    acknowledged.set(stream, number)
    count += 1
    if (count === acks) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  expect(child.signalCode).toBe('SIGKILL')
  return acknowledged
}

it('loses nothing acknowledged when it is killed, round after round on the same files', async () => {
  await using folder = await temporaryFolder()
  let first = 0
  for (const acks of killAfter) {
    const acknowledged = await appendUntilKilled(folder.path, first, acks)
    await using store = await createEmbeddedStore({ folder: folder.path, log: pino({ level: 'silent' }) })
    const latest = await store.latest([...acknowledged.keys()])
    for (const [datastreamId, number] of acknowledged) {
      const samples = await store.raw({ datastreamId, fromMs: 0, toMs: 1e12, limit: 1e6 })
      const kept = new Set(samples.map(({ timeMs }) => timeMs / 1000))
      for (let n = first; n <= number; n += 1) if (!kept.has(n)) throw new Error(`${datastreamId} lost ${n}`)
      expect(samples.every(({ timeMs, value }) => timeMs === value * 1000)).toBe(true)
      expect(latest.get(datastreamId)).toEqual(samples.at(-1))
    }
    first = Math.max(...Array.from(latest.values(), ({ value }) => value)) + 1
  }
})
