import { setImmediate as oneTurn, setTimeout as sleep } from 'node:timers/promises'
import type { InfluxAddress } from './address.ts'
import { unconfirmed } from './failures.ts'

/**
 * Tells a server that is busy from one that says nothing at all (frozen, behind a dead link), so that a question which
 * may take long need not last its whole time-out before it is known that nobody works on it.
 */
export interface ServerWatch {
  /**
   * What `ask` gives; `store-unavailable` as soon as the server is found silent. While it is silent `ask` is not called
   * before the server has answered a ping, which is tried anew each time.
   */
  answered<T>(ask: () => Promise<T>): Promise<T>
}

/** A question that has waited so long raises a doubt, again and again. */
const DOUBT_AFTER_MS = 500
/** A ping costs a server about a millisecond, whatever else it does; one that is very busy is given two. */
const PING_WITHIN_MS = 700
const PINGS_OF_A_DOUBT = 2

export const createServerWatch = (address: InfluxAddress): ServerWatch => {
  let isSilent = false
  let looking: Promise<void> | undefined
  const waiting = new Set<(reason: Error) => void>()

  const silence = (): Error =>
    unconfirmed(address.shown, `it answers nothing, not even a ping within ${PING_WITHIN_MS} ms`)

  const look = (): Promise<void> =>
    (looking ??= pingTimes(address, isSilent ? 1 : PINGS_OF_A_DOUBT).then((answers) => {
      looking = undefined
      isSilent = !answers
      if (isSilent) for (const giveUp of waiting) giveUp(silence())
    }))

  return {
    async answered(ask) {
      if (isSilent) await look()
      // Read anew: the look has changed it.
      if (isSilent) throw silence()
      const { promise: gaveUp, reject } = Promise.withResolvers<never>()
      const doubts = setInterval(() => void look(), DOUBT_AFTER_MS)
      waiting.add(reject)
      try {
        return await Promise.race([ask(), gaveUp])
      } finally {
        clearInterval(doubts)
        waiting.delete(reject)
      }
    },
  }
}

const pingTimes = async (address: InfluxAddress, times: number): Promise<boolean> => {
  for (let tries = 0; tries < times; tries += 1) {
    if (await answersPing(address, PING_WITHIN_MS)) return true
  }
  return false
}

/** Whether anything answers there at all, whatever it says: a proxy in between may know no ping. */
export const answersPing = async (
  { protocol, host, port }: InfluxAddress,
  withinMs: number,
): Promise<boolean> => {
  const over = new AbortController()
  const answered = fetch(`${protocol}://${host}:${port}/ping`, {
    redirect: 'manual',
    signal: over.signal,
  }).then(
    () => true,
    () => false,
  )
  // An answer that came while this process was busy is read in the turn after the timer's.
  const late = sleep(withinMs, false, { signal: over.signal }).then(oneTurn, () => false)
  const answers = await Promise.race([answered, late.then(() => false)])
  over.abort()
  return answers
}
