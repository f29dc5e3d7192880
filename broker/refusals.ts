import { createTokenBucket, type TokenBucket } from '../city/tokenBucket.ts'

/**
 * How many refused CONNECTs of one address are answered and logged. Secrets cannot be guessed, so what a flood costs is
 * all that matters: beyond this, who is refused is cut off without a word. Whoever proves to be somebody is never held
 * up by others behind the same address.
 */
export interface Refusals {
  /** Notes one; false when it is to be neither answered nor logged. */
  isAnswered(address: string): boolean
}

const PER_SECOND = 5
const BURST = 50
/** Addresses told apart; the rest share one allowance, so that strangers cannot fill the memory. */
const MAX_ADDRESSES = 10_000

export const createRefusals = (
  now: () => number,
  { perSecond = PER_SECOND, burst = BURST, addresses = MAX_ADDRESSES } = {},
): Refusals => {
  const buckets = new Map<string, TokenBucket>()
  const forgetAfterMs = (burst / perSecond) * 1000
  let forgetMs = now() + forgetAfterMs

  const bucketOf = (address: string): TokenBucket => {
    // By then every bucket that was not used since is full again.
    if (now() >= forgetMs || now() < forgetMs - forgetAfterMs) {
      buckets.clear()
      forgetMs = now() + forgetAfterMs
    }
    const key = buckets.has(address) || buckets.size < addresses ? address : 'others'
    const bucket = buckets.get(key) ?? createTokenBucket({ perSecond, burst }, now)
    buckets.set(key, bucket)
    return bucket
  }

  return { isAnswered: (address) => bucketOf(address).take(1) === 0 }
}
