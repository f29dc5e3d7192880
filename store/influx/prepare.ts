import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { NadiError } from '../../city/errors.ts'
import type { InfluxAddress } from './address.ts'
import type { InfluxQueries } from './connection.ts'
import { cannotPrepare, neverAnswered } from './failures.ts'
import { ROLLUP_POLICY } from './schema.ts'
import { answersPing } from './serverWatch.ts'

const ASK_AGAIN_MS = 1000
const PING_MS = 5000
/** How often the log says what is waited for. */
const SAY_EVERY_MS = 10_000

export interface PrepareOptions {
  address: InfluxAddress
  queries: InfluxQueries
  /** How long to wait for a server that does not answer yet. */
  waitMs: number
  signal: AbortSignal
  log: Logger
}

/**
 * Waits for the server, then makes what is missing of database and retention policies; a user without administrator's
 * rights needs them made before. Throws `store-unavailable` when the wait has been in vain.
 */
export const prepareDatabase = async ({
  address,
  queries,
  waitMs,
  signal,
  log,
}: PrepareOptions): Promise<void> => {
  const { shown } = address
  const startedMs = performance.now()
  let saidMs = -Infinity
  for (;;) {
    try {
      await makeMissing(queries, address)
      return
    } catch (error) {
      const waitedMs = performance.now() - startedMs
      if (!(error instanceof NadiError)) throw error
      if (waitedMs + ASK_AGAIN_MS > waitMs) {
        if (waitMs === 0 || (await answersPing(address, PING_MS))) throw error
        throw neverAnswered(shown, waitedMs, error)
      }
      if (waitedMs - saidMs >= SAY_EVERY_MS) {
        saidMs = waitedMs
        log.warn({ host: shown, seconds: Math.round(waitMs / 1000) }, `waiting: ${error.message}`)
      }
      await sleep(ASK_AGAIN_MS, undefined, { signal }).catch(() => {
        throw error
      })
    }
  }
}

const makeMissing = async (queries: InfluxQueries, { database, shown }: InfluxAddress): Promise<void> => {
  const namesOf = async (statement: string): Promise<string[]> =>
    (await queries.ask([statement])).flat().flatMap(({ values }) => values.map(([name]) => String(name)))
  const missing: string[] = []
  const there = (await namesOf('show databases')).includes(database)
  if (!there) missing.push(`create database "${database}"`)
  const policies = there ? await namesOf(`show retention policies on "${database}"`) : []
  if (!policies.includes(ROLLUP_POLICY)) {
    missing.push(
      `create retention policy "${ROLLUP_POLICY}" on "${database}" duration inf replication 1 shard duration ${ROLLUP_SHARD}`,
    )
  }
  if (missing.length === 0) return
  try {
    await queries.ask(missing)
  } catch (cause) {
    throw cannotPrepare(shown, missing, cause)
  }
}

/** A year of hours is 8,760 points a series: wide shards keep few files open. */
const ROLLUP_SHARD = '26w'
