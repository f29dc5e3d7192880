import { setTimeout as sleep } from 'node:timers/promises'
import { generate, type Load } from './generate.ts'
import { firstDatastream } from './packs.ts'
import type { System } from './system.ts'

/** Seconds under full load before the kill. */
const LOAD_SECONDS = 4

/**
 * Kills the process that acknowledges while the connections are never idle, starts it again, and looks for each
 * acknowledged pack by its own time.
 */
export const lossAfterKill = async (system: System, load: Load) => {
  const generating = generate({ ...load, warmUpSeconds: 0, untilKilled: true })
  await sleep(LOAD_SECONDS * 1000)
  const startedMs = performance.now()
  await system.killAndRestart()
  const startSeconds = (performance.now() - startedMs) / 1000
  const { acknowledged } = await generating
  await system.drained()
  const kept = system.query ? await storedPacks(system, load) : await collectedPacks(system, load)
  const all = acknowledged.flat().length
  const lost = acknowledged.reduce(
    (sum, packs, connection) => sum + packs.filter((pack) => !kept[connection]?.has(pack)).length,
    0,
  )
  return {
    acknowledged: all * load.packSize,
    lost: lost * load.packSize,
    startSeconds: Number(startSeconds.toFixed(1)),
  }
}

const collectedPacks = async (
  { collect }: System,
  { devices, startSeconds }: Load,
): Promise<Set<number>[]> => {
  const packs = devices.map(() => new Set<number>())
  for (const payload of (await collect?.()) ?? []) {
    const connection = Number(/floor-(\d+)/.exec(payload)?.[1])
    const time = Number(/"bt":([\d.]+)/.exec(payload)?.[1])
    packs[connection]?.add(Math.round((time - startSeconds) * 1000))
  }
  return packs
}

const storedPacks = (
  { query }: System,
  { building, devices, packSize, startSeconds }: Load,
): Promise<Set<number>[]> =>
  Promise.all(
    devices.map(async (_, connection) => {
      const packs = new Set<number>()
      for (const datastream of firstDatastream(building, connection, packSize)) {
        const fromMs = startSeconds * 1000
        for (const { timeMs } of (await query?.(datastream, fromMs, fromMs + 90_000_000)) ?? []) {
          packs.add(timeMs - fromMs)
        }
      }
      return packs
    }),
  )
