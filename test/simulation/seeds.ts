import type { Plant } from './plants.ts'
import { simulate } from './simulate.ts'

/** What many worlds came to. */
export interface Tally {
  lived: number
  given: number
  acknowledged: number
  dropped: number
  rejected: number
  broken: { seed: number; promises: string[] }[]
}

export interface Seeds {
  first: number
  step: number
  /** Not included. */
  end: number
  plant?: Plant | undefined
  /** End with the first broken promise. */
  untilBroken?: boolean
}

export const liveSeeds = async ({ first, step, end, plant, untilBroken = false }: Seeds): Promise<Tally> => {
  const tally: Tally = { lived: 0, given: 0, acknowledged: 0, dropped: 0, rejected: 0, broken: [] }
  for (let seed = first; seed < end; seed += step) {
    const { broken, given, acknowledged, dropped, rejected } = await simulate(seed, { plant })
    tally.lived += 1
    tally.given += given
    tally.acknowledged += acknowledged
    tally.dropped += dropped
    tally.rejected += rejected
    if (broken.length === 0) continue
    tally.broken.push({ seed, promises: broken })
    if (untilBroken) break
  }
  return tally
}
