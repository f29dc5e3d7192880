import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { type Access, accessOf, discloseValue, type Observed, seesProtected } from '../../city/disclosure.ts'
import { NadiError } from '../../city/errors.ts'
import type { Role } from '../../city/roles.ts'
import type { CommittedReading } from '../../store/intake.ts'
import { actorOf } from '../audit.ts'
import { clientAddress } from '../clientAddress.ts'
import { capacityOf, isDemonstration, zoneOf } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { openLiveFeed } from '../liveFeed.ts'
import { localTimeWriter } from '../localTime.ts'
import { createOpenStreams } from '../openStreams.ts'
import { PROBLEMS, query, thingPath } from '../schemas.ts'

/** Streams at once; each costs a socket and a little memory. One client's are a room full of open pages. */
const MAX_STREAMS = { ofClient: 20, ofAll: 500 }
/** Readings that may wait for one slow reader. */
const MAX_WAITING = 1_000
const KEEP_ALIVE_MS = 15_000
/** A reader that takes nothing for this long is dropped, and comes again with its last id. */
const STUCK_MS = 30_000
/** A stream ends after this, so that a revoked key or login does not listen on for ever. */
const LONGEST_MS = 3_600_000
const RETRY_MS = 3_000
/** What a reader that comes again is told at most of what it missed. */
const RESUME = { datastreams: 200, readingsOfEach: 200, readings: 1_000 }
const MS_PER_DAY = 86_400_000

const streamRoute = createRoute({
  method: 'get',
  path: '/v1/stream',
  summary: 'Readings as they come in (server-sent events)',
  description:
    'Events `observation` with `{"datastream", "time", "value", "unit"}`. Send the last id as Last-Event-ID to be told what was missed; late readings are not told again.',
  request: {
    query: query({
      thing: thingPath.optional().openapi({ description: 'At and below this Thing; all when absent' }),
    }),
    headers: z.object({
      'last-event-id': z
        .string()
        .regex(/^\d{1,15}$/, 'the id of an event of this stream')
        .optional(),
    }),
  },
  responses: {
    200: { description: 'A stream without end', content: { 'text/event-stream': { schema: z.string() } } },
    ...PROBLEMS,
  },
})

/** The live stream. Everything in it has been committed, and passed the disclosure of its reader's role. */
export const streamRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const streams = createOpenStreams(MAX_STREAMS)
  return createRouter().openapi(streamRoute, async (c) => {
    const { thing } = c.req.valid('query')
    const since = c.req.valid('header')['last-event-id']
    const principal = c.get('principal')
    const { role } = principal
    // Nobody would read the stream of a HEAD.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' })
    const leave = streams.open(clientAddress(c))
    if (!leave) {
      throw new NadiError(
        'rate-limited',
        'Too many streams are open, from here or in all. Close some, or try again in a minute.',
      )
    }
    if (seesProtected(role)) {
      const entry = { actor: actorOf(principal), action: 'access.stream', subject: thing ?? 'all' }
      await context.catalogue.audit.access(entry).catch((error: unknown) => {
        leave()
        throw error
      })
    }
    c.header('X-Accel-Buffering', 'no')
    return streamSSE(c, async (stream) => {
      const accesses = new Map<number, Access>()
      const accessTo = (reading: CommittedReading): Access => {
        let access = accesses.get(reading.datastreamId)
        if (!access) {
          access = accessOf(role, observedBy(context, reading))
          accesses.set(reading.datastreamId, access)
        }
        return access
      }
      const isWanted = (path: string): boolean => thing === undefined || path.startsWith(`${thing}/`)
      const feed = openLiveFeed(context.intake, {
        accepts: (reading) => isWanted(reading.datastream) && accessTo(reading) !== 'none',
        maxWaiting: MAX_WAITING,
      })
      stream.onAbort(() => feed.close())
      try {
        const tell = createTeller(context, role)
        await stream.write(`retry: ${RETRY_MS}\n\n`)
        if (since !== undefined) {
          await write(stream, (await missedSince(context, role, thing, Number(since))).map(tell))
        }
        const endMs = performance.now() + LONGEST_MS
        while (performance.now() < endMs) {
          const readings = await feed.take(KEEP_ALIVE_MS)
          if (!readings) return
          const text = readings.length === 0 ? [': still here\n\n'] : readings.map(tell)
          if (!(await write(stream, text))) return
        }
      } finally {
        feed.close()
        leave()
      }
    })
  })
}

/** Writes events; false when the reader is stuck or gone. */
const write = async (stream: SSEStreamingApi, events: readonly string[]): Promise<boolean> => {
  if (stream.aborted || events.length === 0) return !stream.aborted
  let timer: NodeJS.Timeout | undefined
  const stuck = new Promise<'stuck'>((resolve) => {
    timer = setTimeout(() => resolve('stuck'), STUCK_MS)
  })
  const outcome = await Promise.race([stream.write(events.join('')), stuck])
  clearTimeout(timer)
  if (outcome === 'stuck') stream.abort()
  return !stream.aborted
}

/** Makes an event's text of a reading. Its id is the newest time so far, which only grows. */
const createTeller = (context: ApiContext, role: Role) => {
  let newestMs = 0
  const writers = new Map<string, (timeMs: number) => string>()
  return (reading: Pick<CommittedReading, 'datastreamId' | 'datastream' | 'timeMs' | 'value'>): string => {
    const { datastream: path, timeMs, value } = reading
    const datastream = context.catalogue.datastreams.byId(reading.datastreamId)
    const timeZone = zoneOf(context, { timeZone: datastream?.timeZone ?? null })
    let writeTime = writers.get(timeZone)
    if (!writeTime) writers.set(timeZone, (writeTime = localTimeWriter(timeZone)))
    newestMs = Math.max(newestMs, Math.min(timeMs, context.now()))
    const data = JSON.stringify({
      datastream: path,
      time: writeTime(timeMs),
      unit: datastream?.unit ?? null,
      ...discloseValue(accessOf(role, observedBy(context, reading)), value, capacityOf(context, path)),
      ...(isDemonstration(context, path) && { demonstration: true }),
    })
    return `event: observation\nid: ${newestMs}\ndata: ${data}\n\n`
  }
}

/** The Datastream of a reading; it is there, for the reading was stored. */
const observedBy = (
  { catalogue }: ApiContext,
  { datastreamId, datastream: path }: Pick<CommittedReading, 'datastreamId' | 'datastream'>,
): Observed => catalogue.datastreams.byId(datastreamId) ?? { path, unit: undefined, kind: 'counter' }

const missedSince = async (
  context: ApiContext,
  role: Role,
  thing: string | undefined,
  sinceMs: number,
): Promise<Pick<CommittedReading, 'datastreamId' | 'datastream' | 'timeMs' | 'value'>[]> => {
  const visible = context.catalogue.datastreams
    .list(thing)
    .filter((datastream) => accessOf(role, datastream) !== 'none')
  // One question tells which have anything to tell, so that the others are not each asked.
  const latest = await context.observations.latest(visible.map(({ id }) => id))
  const datastreams = visible
    .filter(({ id }) => (latest.get(id)?.timeMs ?? -Infinity) > sinceMs)
    .slice(0, RESUME.datastreams)
  const missed = []
  for (const { id, path } of datastreams) {
    const samples = await context.observations.raw({
      datastreamId: id,
      fromMs: sinceMs + 1,
      toMs: context.now() + MS_PER_DAY,
      limit: RESUME.readingsOfEach,
    })
    missed.push(...samples.map((sample) => ({ datastreamId: id, datastream: path, ...sample })))
  }
  return missed.sort((a, b) => a.timeMs - b.timeMs).slice(-RESUME.readings)
}
