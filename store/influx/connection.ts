import { InfluxDB } from 'influx'
import { z } from 'zod'
import { NadiError } from '../../city/errors.ts'
import type { Point, Sample } from '../../city/observation.ts'

/** The one measurement: a series a Datastream (tag `ds`), one float field `value`. */
const MEASUREMENT = 'observations'
const DEFAULT_DATABASE = 'nadi'
const REQUEST_TIMEOUT_MS = 30_000

/** The server, spoken to in line protocol and InfluxQL; every failure is `store-unavailable`. */
export interface InfluxConnection {
  createDatabase(): Promise<void>
  /** Resolves when the server has confirmed that the points are in its write-ahead log. */
  write(points: readonly Point[]): Promise<void>
  /** Rows `[time, value]` of each series by its Datastream's number. */
  select(statement: Select): Promise<Map<number, Sample[]>>
  /** The single number of an aggregation over one series, 0 when it is empty. */
  count(where: string): Promise<number>
  remove(where: string): Promise<void>
}

export interface Select {
  what: 'value' | 'last(value) as value'
  where: string
  /** `order by`, `limit` or `group by`. */
  rest?: string
}

/** `where` of one Datastream's times, from whole numbers only. */
export const whereTimes = (datastreamId: number, fromMs: number, toMs: number): string =>
  `ds = '${whole(datastreamId)}' and time >= ${whole(fromMs)}ms and time < ${whole(toMs)}ms`

/** A whole number as a literal of InfluxQL. */
export const whole = (value: number): string => {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no whole number`)
  return String(value)
}

export const connectInflux = (url: string): InfluxConnection => {
  const { database, client } = clientOf(url)
  const attempt = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (cause) {
      throw new NadiError(
        'store-unavailable',
        `InfluxDB at ${new URL(url).host} did not confirm: check that it runs and that NADI_INFLUX_URL is right.`,
        { cause },
      )
    }
  }
  const query = (statement: string): Promise<z.infer<typeof answer>> =>
    attempt(
      client
        .queryRaw(statement, { precision: 'ms', method: 'POST' })
        .then((body: unknown) => answer.parse(body)),
    )

  return {
    createDatabase: () => attempt(client.createDatabase(database)),
    write: (points) =>
      attempt(
        client.writePoints(
          points.map(({ datastreamId, timeMs, value }) => ({
            measurement: MEASUREMENT,
            tags: { ds: String(datastreamId) },
            // -0 is 0, as in the embedded store.
            fields: { value: value + 0 },
            timestamp: timeMs,
          })),
          { precision: 'ms' },
        ),
      ),
    async select({ what, where, rest = '' }) {
      const { results } = await query(`select ${what} from ${MEASUREMENT} where ${where} group by ds ${rest}`)
      const samples = new Map<number, Sample[]>()
      for (const { tags, values } of results[0]?.series ?? []) {
        samples.set(
          Number(tags?.ds),
          values.map(([timeMs = NaN, value = NaN]) => ({ timeMs, value })),
        )
      }
      return samples
    },
    async count(where) {
      const { results } = await query(`select count(value) from ${MEASUREMENT} where ${where}`)
      return results[0]?.series?.[0]?.values[0]?.[1] ?? 0
    },
    async remove(where) {
      await query(`delete from ${MEASUREMENT} where ${where}`)
    },
  }
}

const clientOf = (url: string): { client: InfluxDB; database: string } => {
  const { protocol, hostname, port, username, password, pathname } = new URL(url)
  const secure = protocol === 'https:'
  const database = decodeURIComponent(pathname.replace(/^\/|\/$/g, '')) || DEFAULT_DATABASE
  const client = new InfluxDB({
    host: hostname,
    port: Number(port || 8086),
    protocol: secure ? 'https' : 'http',
    database,
    ...(username ? { username: decodeURIComponent(username), password: decodeURIComponent(password) } : {}),
    // No retries and no ban after a failure: the sender's spool is the one place that waits and sends again.
    pool: { maxRetries: 0, requestTimeout: REQUEST_TIMEOUT_MS, backoff: NO_BACKOFF },
  })
  return { client, database }
}

const NO_BACKOFF = { getDelay: () => 0, next: () => NO_BACKOFF, reset: () => NO_BACKOFF }

const answer = z.object({
  results: z.array(
    z.object({
      error: z.undefined('InfluxDB refused the query').optional(),
      series: z
        .array(
          z.object({
            tags: z.record(z.string(), z.string()).optional(),
            values: z.array(z.array(z.number())),
          }),
        )
        .optional(),
    }),
  ),
})
