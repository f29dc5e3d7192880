import type { MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { clientAddress } from './clientAddress.ts'
import type { ApiEnv } from './env.ts'
import { describeProblem, problemResponse } from './problem.ts'

/** What a client without a login may ask for: a busy page asks for a tenth of it. */
export const CLIENT_RATE = { requests: 5_000, perSeconds: 10 }
/** Clients told apart at once; the rest share one allowance, so that strangers cannot fill the memory. */
const MAX_CLIENTS = 20_000

/** 429 with `Retry-After` for a client that asks too much. Logins and keys are not limited here. */
export const clientRateMiddleware = ({ requests, perSeconds } = CLIENT_RATE): MiddlewareHandler<ApiEnv> => {
  const limiter = new RateLimiterMemory({ points: requests, duration: perSeconds })
  const seen = new Set<string>()
  return createMiddleware<ApiEnv>(async (c, next) => {
    if (c.get('principal').id !== 'anonymous') return next()
    const address = clientAddress(c)
    if (!seen.has(address)) {
      if (seen.size >= MAX_CLIENTS) seen.clear()
      seen.add(address)
    }
    const refused = await consume(limiter, address)
    if (!refused) return next()
    return problemResponse(
      c,
      describeProblem(
        429,
        'rate-limited',
        `More than ${requests} requests in ${perSeconds} s came from here. Wait, or ask with a key.`,
      ),
      { 'retry-after': String(Math.max(1, Math.ceil(refused.msBeforeNext / 1000))) },
    )
  })
}

/** Takes one of the key's allowance; gives the state when it is used up. */
export const consume = async (
  limiter: RateLimiterMemory,
  key: string,
): Promise<RateLimiterRes | undefined> => {
  try {
    await limiter.consume(key)
    return undefined
  } catch (refused) {
    if (refused instanceof Error) throw refused
    return refused as RateLimiterRes
  }
}
