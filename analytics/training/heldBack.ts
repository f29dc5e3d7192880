import type { TrainingSet } from '../features/trainingSet.ts'

/** Every seventh fortnight of each series, counted back from its newest, is held back: recent, and of every season. */
const EVERY = 7
/** A series of less than that many fortnights has nothing to spare. */
const LEAST_FORTNIGHTS = 4

/** 1 for each block that models choose and calibrate by and do not learn from. */
export const heldBackOf = ({ count, series, fortnights }: TrainingSet): Uint8Array => {
  const newest = new Map<number, number>()
  const oldest = new Map<number, number>()
  for (let sample = 0; sample < count; sample += 1) {
    const [of, fortnight] = [series[sample]!, fortnights[sample]!]
    newest.set(of, Math.max(fortnight, newest.get(of) ?? fortnight))
    oldest.set(of, Math.min(fortnight, oldest.get(of) ?? fortnight))
  }
  return Uint8Array.from({ length: count }, (_, sample) => {
    const last = newest.get(series[sample]!)!
    if (last - oldest.get(series[sample]!)! < LEAST_FORTNIGHTS) return 0
    return (last - fortnights[sample]!) % EVERY === 0 ? 1 : 0
  })
}
