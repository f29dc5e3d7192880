import type { PresenceExample } from './examples.ts'

/** How often a presence model was right; all as shares, 0 to 1. */
export interface PresenceScore {
  examples: number
  accuracy: number
  /** Of the moments with somebody in the room, those that were noticed. */
  sensitivity: number
  /** Of the moments with nobody in the room, those that were taken as such. */
  specificity: number
}

/** Compares what was estimated with the truth; `isPresent[i]` is of `examples[i]`. */
export const presenceScore = (
  examples: readonly PresenceExample[],
  isPresent: readonly boolean[],
): PresenceScore => {
  let [right, noticed, present] = [0, 0, 0]
  examples.forEach((example, index) => {
    if (example.isPresent === isPresent[index]) right += 1
    if (!example.isPresent) return
    present += 1
    if (isPresent[index]) noticed += 1
  })
  const absent = examples.length - present
  return {
    examples: examples.length,
    accuracy: right / examples.length,
    sensitivity: noticed / present,
    specificity: (right - noticed) / absent,
  }
}
