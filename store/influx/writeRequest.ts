import { setTimeout as sleep } from 'node:timers/promises'
import type { InfluxAddress } from './address.ts'
import { credentialsWrong, databaseGone, unconfirmed } from './failures.ts'

/**
 * What became of one write: `stored` (the server has confirmed all of it), `partial` (it stored some lines and says
 * why not all, in words), `too-large` (nothing was stored).
 */
export type WriteOutcome =
  | { outcome: 'stored' }
  | { outcome: 'partial'; reason: string; dropped: number }
  | { outcome: 'too-large' }

export interface WriteRequest {
  lines: readonly string[]
  /** The retention policy; the database's default when there is none. */
  policy?: string
}

/**
 * Writes lines of line protocol. A server that asks for patience (429, or 503 with `Retry-After`) is given it, up to
 * `maxHoldMs` in all. Throws `store-unavailable` when the outcome is not known: 5xx, time-outs, cut connections.
 *
 * Not the client's `writePoints`: that hides the status and headers of a 5xx, so that patience asked for cannot be
 * told from failure.
 */
export type WriteLines = (request: WriteRequest) => Promise<WriteOutcome>

export interface WriterOptions {
  address: InfluxAddress
  /** The longest that one request may take. */
  timeoutMs: number
  /** The longest that one write is held back because the server asks for it. */
  maxHoldMs: number
  /** Aborted when nothing may be held any longer. */
  holding: AbortSignal
  /** Aborted when requests under way must end. */
  cut: AbortSignal
}

/** Held when the server asks for patience but not for how much. */
const DEFAULT_HOLD_MS = 1000

export const createLineWriter = ({
  address,
  timeoutMs,
  maxHoldMs,
  holding,
  cut,
}: WriterOptions): WriteLines => {
  const { protocol, shown, database, login } = address
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    ...(login && {
      authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`,
    }),
  }

  const post = async (url: string, body: string): Promise<{ response: Response; text: string }> => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers,
        body,
        redirect: 'error',
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), cut]),
      })
      return { response, text: await response.text() }
    } catch (cause) {
      throw unconfirmed(shown, 'it did not answer', cause)
    }
  }

  return async ({ lines, policy }) => {
    const query = new URLSearchParams({ db: database, precision: 'ms', ...(policy && { rp: policy }) })
    const url = `${protocol}://${address.host}:${address.port}/write?${query.toString()}`
    const body = lines.join('\n')
    for (let heldMs = 0; ;) {
      const { response, text } = await post(url, body)
      const { status } = response
      const reason = reasonOf(text)
      if (status === 204 || status === 200) return { outcome: 'stored' }
      if (status === 413) return { outcome: 'too-large' }
      if (status === 400 && PARTIAL.test(reason)) return { outcome: 'partial', ...partialOf(reason) }
      if (status === 401 || status === 403) throw credentialsWrong(shown)
      if (status === 404) throw databaseGone(shown, database)
      const asksForPatience = status === 429 || (status === 503 && response.headers.has('retry-after'))
      if (!asksForPatience) throw unconfirmed(shown, `it answered ${status}: ${reason}`)
      const holdMs = retryAfterMs(response.headers.get('retry-after')) ?? DEFAULT_HOLD_MS
      if (heldMs + holdMs > maxHoldMs) throw unconfirmed(shown, `it is too busy (${status})`)
      heldMs += holdMs
      await sleep(holdMs, undefined, { signal: holding }).catch((cause: unknown) => {
        throw unconfirmed(shown, 'the store is closing', cause)
      })
    }
  }
}

/**
 * What of a 400 is about lines, and not about the request. `unable to parse` cannot come from our lines; a proxy in
 * between or another version may say it.
 */
const PARTIAL = /partial write|unable to parse|beyond retention policy/

const partialOf = (text: string): { reason: string; dropped: number } => ({
  reason: text.replace(/^partial write: /, '').replace(/ dropped=\d+$/, ''),
  dropped: Number(/ dropped=(\d+)$/.exec(text)?.[1] ?? 0),
})

/** The server's own words, cut: they may hold what a stranger sent. */
const reasonOf = (text: string): string => {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body === 'object' && body !== null && 'error' in body) return String(body.error).slice(0, 300)
  } catch {
    // Not InfluxDB's: a proxy's page.
  }
  return text.slice(0, 300)
}

/** Seconds; the form with a date (RFC 9110, section 10.2.3) is not used for this. */
const retryAfterMs = (header: string | null): number | undefined => {
  const seconds = Number(header ?? NaN)
  return Number.isFinite(seconds) ? Math.max(seconds, 0) * 1000 : undefined
}
