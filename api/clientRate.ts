import type { Context, MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { clientAddress } from './clientAddress.ts'
import type { ApiEnv } from './env.ts'
import { describeProblem, problemResponse } from './problem.ts'

/** How much is let through. */
export interface ClientRate {
  requests: number
  perSeconds: number
  /** Clients told apart at once; the rest share one allowance, so that strangers cannot fill the memory. */
  clients?: number
}

/** What a client without a login may ask for: a busy page asks for a tenth of it. */
export const CLIENT_RATE: Required<ClientRate> = { requests: 5_000, perSeconds: 10, clients: 20_000 }

/** Takes one request of the client's allowance; gives the state when it is used up. */
export type ClientLimiter = (c: Context) => Promise<RateLimiterRes | undefined>

/** Counts what comes from each address, in memory alone. */
export const createClientLimiter = ({
  requests,
  perSeconds,
  clients = CLIENT_RATE.clients,
}: ClientRate): ClientLimiter => {
  const limiter = new RateLimiterMemory({ points: requests, duration: perSeconds })
  const keyOf = createKeys(clients, perSeconds * 1000)
  return (c) => consume(limiter, keyOf(clientAddress(c)))
}

/** What `Retry-After` says of a used allowance. */
export const retryAfterSeconds = ({ msBeforeNext }: RateLimiterRes): number =>
  Math.max(1, Math.ceil(msBeforeNext / 1000))

/** 429 with `Retry-After` for a client that asks too much. Logins and keys are not limited here. */
export const clientRateMiddleware = (rate: ClientRate = CLIENT_RATE): MiddlewareHandler<ApiEnv> => {
  const limited = createClientLimiter(rate)
  return createMiddleware<ApiEnv>(async (c, next) => {
    if (c.get('principal').id !== 'anonymous') return next()
    const refused = await limited(c)
    if (!refused) return next()
    return problemResponse(
      c,
      describeProblem(
        429,
        'rate-limited',
        `More than ${rate.requests} requests in ${rate.perSeconds} s came from here. Wait, or ask with a key.`,
      ),
      { 'retry-after': String(retryAfterSeconds(refused)) },
    )
  })
}

/**
 * The key that a client's allowance is kept under: its address, or one for all while `most` others are known. The
 * limiter forgets a key after the same time, so it never holds more than twice as many.
 */
const createKeys = (most: number, forgetAfterMs: number): ((address: string) => string) => {
  const known = new Set<string>()
  let forgetMs = 0
  return (address) => {
    const nowMs = performance.now()
    if (nowMs >= forgetMs) {
      known.clear()
      forgetMs = nowMs + forgetAfterMs
    }
    if (!known.has(address) && known.size >= most) return 'others'
    known.add(address)
    return address
  }
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
