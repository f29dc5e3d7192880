import { InfluxDB } from 'influx'
import { z } from 'zod'
import { NadiError } from '../../city/errors.ts'
import type { Sample } from '../../city/observation.ts'
import type { InfluxAddress } from './address.ts'
import { credentialsWrong, databaseGone, unconfirmed } from './failures.ts'
import { createServerWatch } from './serverWatch.ts'

/**
 * The server, asked in InfluxQL; every failure is `store-unavailable`, within seconds when the server says nothing at
 * all (`serverWatch.ts`).
 */
export interface InfluxQueries {
  /** Runs statements in one request, joined by `;`. One list of series for each. */
  ask(statements: readonly string[]): Promise<Series[][]>
}

/** What a statement gave for one combination of tags: rows in the order of `columns`, the time first. */
export interface Series {
  tags: Readonly<Record<string, string>>
  columns: readonly string[]
  values: Rows
  /**
   * True when the server's `max-row-limit` may have cut the rows. InfluxDB 1.6 says it of every answer of more than
   * 10,000 rows, too.
   */
  partial: boolean
}

type Rows = readonly (readonly (number | string | boolean | null)[])[]

export const connectInflux = (
  address: InfluxAddress,
  { timeoutMs, cut }: { timeoutMs: number; cut: AbortSignal },
): InfluxQueries => {
  const { protocol, host, port, database, login, shown } = address
  const client = new InfluxDB({
    host,
    port,
    protocol,
    database,
    ...(login && { username: login.user, password: login.password }),
    // No retries and no ban after a failure: the sender's spool is the one place that waits and sends again.
    pool: { maxRetries: 0, requestTimeout: timeoutMs, backoff: NO_BACKOFF },
  })
  const watch = createServerWatch(address)
  return {
    async ask(statements) {
      let body: unknown
      try {
        body = await watch.answered(() =>
          within(client.queryRaw([...statements], { precision: 'ms', method: 'POST' }), timeoutMs, cut),
        )
      } catch (cause) {
        if (cause instanceof NadiError) throw cause
        const status = statusOf(cause)
        throw status === 401 || status === 403
          ? credentialsWrong(shown, cause)
          : unconfirmed(shown, 'a question was not answered', cause)
      }
      const parsed = answer.safeParse(body)
      if (!parsed.success) throw unconfirmed(shown, 'its answer is not that of InfluxDB 1.x', parsed.error)
      const { results, error } = parsed.data
      const refusal = error ?? results.find((result) => result.error !== undefined)?.error
      if (refusal?.startsWith('database not found')) throw databaseGone(shown, database)
      if (refusal !== undefined) throw unconfirmed(shown, `a question was refused: ${refusal.slice(0, 300)}`)
      return results.map(({ series = [] }) => series)
    },
  }
}

/**
 * The client waits for the end of an answer for ever when the server dies in the middle of it, and knows no signal. Its
 * own time-out covers the beginning of an answer alone.
 */
const within = async <T>(answered: Promise<T>, timeoutMs: number, cut: AbortSignal): Promise<T> => {
  const { promise: gaveUp, reject } = Promise.withResolvers<never>()
  const giveUp = (): void =>
    reject(new Error(cut.aborted ? 'the store is closing' : `no whole answer within ${timeoutMs} ms`))
  const timer = setTimeout(giveUp, timeoutMs)
  cut.addEventListener('abort', giveUp)
  if (cut.aborted) giveUp()
  try {
    return await Promise.race([answered, gaveUp])
  } finally {
    clearTimeout(timer)
    cut.removeEventListener('abort', giveUp)
  }
}

/** Samples of each series by its Datastream's number. The columns are the time and the value. */
export const samplesOf = (series: readonly Series[]): Map<number, Sample[]> =>
  new Map(
    series.map(({ tags, values }) => [
      Number(tags['ds']),
      values.map(([timeMs, value]) => ({ timeMs: Number(timeMs), value: Number(value) })),
    ]),
  )

const NO_BACKOFF = { getDelay: () => 0, next: () => NO_BACKOFF, reset: () => NO_BACKOFF }

/** The client's error of a 4xx carries the response. */
const statusOf = (error: unknown): number | undefined =>
  z.object({ res: z.object({ statusCode: z.number() }) }).safeParse(error).data?.res.statusCode

const answer = z.object({
  error: z.string().optional(),
  results: z
    .array(
      z.object({
        error: z.string().optional(),
        series: z
          .array(
            z.object({
              tags: z.record(z.string(), z.string()).default({}),
              columns: z.array(z.string()),
              partial: z.boolean().default(false),
              // Looked at no deeper: half a million rows pass here.
              values: z.custom<Rows>(Array.isArray).default([]),
            }),
          )
          .optional(),
      }),
    )
    .default([]),
})
