import { shownDuration, type Finding } from './finding.ts'

/**
 * Times that lie far from all others of their Datastream: a clock that stood in another year while it wrote. Data that
 * were imported tell no arrival, but such a block gives itself away: short, and on each side nothing for months. (Real
 * queues of city offices, read in January 2020, hold one day each dated a year later and weeks dated 2012.)
 */
export interface Block {
  fromMs: number
  toMs: number
}

const DAY_MS = 86_400_000
/** Less apart than this, and times belong together. */
const APART_MS = 30 * DAY_MS
/** A block is strange when the nearest other lies so many times its own length away. */
const TIMES_ITS_LENGTH = 30
/** A block that reaches up to now is the present. */
const PRESENT_MS = 2 * DAY_MS
/** Blocks kept for one Datastream; beyond it the nearest two are one. */
const MAX_BLOCKS = 16

/** Adds a time to ascending blocks, in place. Constant for a time that goes on with the last one. */
export const addTime = (blocks: Block[], timeMs: number): void => {
  const last = blocks.at(-1)
  if (last !== undefined && timeMs >= last.fromMs && timeMs < last.toMs + APART_MS) {
    if (timeMs > last.toMs) last.toMs = timeMs
    return
  }
  blocks.push({ fromMs: timeMs, toMs: timeMs })
  blocks.sort((a, b) => a.fromMs - b.fromMs)
  joinNear(blocks, APART_MS)
  if (blocks.length > MAX_BLOCKS) joinNear(blocks, 1 + Math.min(...gapsOf(blocks)))
}

const gapsOf = (blocks: readonly Block[]): number[] =>
  blocks.slice(1).map(({ fromMs }, at) => fromMs - (blocks[at]?.toMs ?? fromMs))

const joinNear = (blocks: Block[], lessThanMs: number): void => {
  for (let at = blocks.length - 1; at > 0; at -= 1) {
    const [before, after] = [blocks[at - 1], blocks[at]]
    if (!before || !after || after.fromMs - before.toMs >= lessThanMs) continue
    before.toMs = Math.max(before.toMs, after.toMs)
    blocks.splice(at, 1)
  }
}

/** The blocks that stand apart; never the longest, and not the present. */
export const apartBlocks = (blocks: readonly Block[], nowMs: number): Finding[] => {
  const longest = Math.max(...blocks.map(lengthOf))
  return blocks.flatMap((block, at) => {
    if (lengthOf(block) === longest || Math.abs(nowMs - block.toMs) < PRESENT_MS) return []
    const before = blocks[at - 1]
    const after = blocks[at + 1]
    const distanceMs = Math.min(
      before ? block.fromMs - before.toMs : Infinity,
      after ? after.fromMs - block.toMs : Infinity,
    )
    if (distanceMs < TIMES_ITS_LENGTH * lengthOf(block)) return []
    return [
      {
        kind: 'clock-skew' as const,
        fromMs: block.fromMs,
        toMs: block.toMs,
        count: 1,
        detail: `its times lie ${shownDuration(distanceMs)} from all others of this Datastream: was a clock wrong?`,
      },
    ]
  })
}

const lengthOf = ({ fromMs, toMs }: Block): number => toMs - fromMs
