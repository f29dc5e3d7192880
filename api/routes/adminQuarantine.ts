import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { NadiError } from '../../city/errors.ts'
import type { ListedPack, QuarantineTable } from '../../store/catalogue/catalogue.ts'
import { actorOf, audited } from '../audit.ts'
import { requireRole } from '../auth.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { jsonBody, next, PROBLEMS, query, wholeNumber } from '../schemas.ts'
import { time } from './adminPages.ts'

/** Packs that could not be understood: looked at, retried once the cause is gone, or thrown away. */

/** What `retryQuarantined` of the context resolves to. */
type RetryOutcome = Awaited<ReturnType<NonNullable<ApiContext['retryQuarantined']>>>

const PREVIEW_CHARACTERS = 500

const packId = z
  .string()
  .regex(/^\d{1,9}$/, 'the number of a pack')
  .transform(Number)
  .openapi({ type: 'integer', example: 1 })

const packSchema = z
  .object({
    id: z.number().int(),
    device: z.string(),
    topic: z.string(),
    arrivedAt: time,
    reason: z.string(),
    sizeBytes: z.number().int(),
    payload: z
      .string()
      .openapi({ description: `The first ${PREVIEW_CHARACTERS} characters; base64 when it is no text` }),
    encoding: z.enum(['utf-8', 'base64']),
  })
  .openapi('QuarantinedPack')

const listSchema = z
  .object({
    items: z.array(packSchema),
    next,
    quarantinedEver: z.number().int(),
    droppedEver: z.number().int().openapi({ description: 'Dropped because the device’s room was full' }),
  })
  .openapi('Quarantine')

const retrySchema = z
  .object({
    retried: z.number().int(),
    stored: z.number().int(),
    remaining: z.array(z.object({ id: z.number().int(), reason: z.string() })),
    /** Ask again with `afterId` to go on. */
    nextAfterId: z.number().int().nullable(),
  })
  .openapi('QuarantineRetry')

const device = z.string().max(64).optional()
const guard = { tags: ['administration'], middleware: requireRole('administrator') }

const listQuarantine = createRoute({
  ...guard,
  method: 'get',
  path: '/v1/quarantine',
  summary: 'Packs that could not be understood, oldest first',
  request: {
    query: query({ device, after: wholeNumber(0, 999_999_999, 0), limit: wholeNumber(1, 1000, 100) }),
  },
  responses: {
    200: { description: 'Packs', content: { 'application/json': { schema: listSchema } } },
    ...PROBLEMS,
  },
})

const retryQuarantine = createRoute({
  ...guard,
  method: 'post',
  path: '/v1/quarantine/retry',
  summary: 'Takes packs in again, at most a thousand a request',
  request: {
    query: query({}),
    body: jsonBody(
      z.strictObject({
        device,
        ids: z.array(z.number().int().positive()).max(1000).optional(),
        afterId: z.number().int().nonnegative().default(0),
      }),
    ),
  },
  responses: {
    200: { description: 'What became of them', content: { 'application/json': { schema: retrySchema } } },
    ...PROBLEMS,
  },
})

const dropQuarantined = createRoute({
  ...guard,
  method: 'delete',
  path: '/v1/quarantine/{id}',
  summary: 'Throws one pack away',
  request: { params: z.object({ id: packId }), query: query({}) },
  responses: { 204: { description: 'Gone' }, ...PROBLEMS },
})

const RETRY_LIMIT = 1000

export const adminQuarantineRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const { quarantine, audit } = context.catalogue
  return createRouter()
    .openapi(listQuarantine, (c) => {
      const { device, after, limit } = c.req.valid('query')
      const packs = quarantine.list({ ...(device !== undefined && { device }), afterId: after, limit })
      const last = packs.length === limit ? packs.at(-1) : undefined
      const parameters = new URLSearchParams({
        ...(device !== undefined && { device }),
        after: `${last?.id ?? 0}`,
        limit: `${limit}`,
      })
      return c.json(
        {
          items: packs.map(described),
          next: last ? `/v1/quarantine?${parameters.toString()}` : null,
          quarantinedEver: quarantine.count(),
          droppedEver: quarantine.dropped(),
        },
        200,
      )
    })
    .openapi(retryQuarantine, async (c) => {
      const { device, ids, afterId } = c.req.valid('json')
      const page = { ...(device !== undefined && { device }), afterId, limit: RETRY_LIMIT }
      const wanted = ids === undefined ? quarantine.ids(page) : [...new Set(ids)]
      if (!context.retryQuarantined && wanted.length > 0) throw withoutBroker()
      // Before anything is stored: an answer that fails must not hide what became of the others.
      const unknown = ids === undefined ? undefined : wanted.find((id) => !isThere(quarantine, id))
      if (unknown !== undefined) throw missing(unknown)
      // Before the first is taken in: what a crash leaves half done has been told of.
      audit.record({
        actor: actorOf(c.get('principal')),
        action: 'quarantine.retry',
        subject: ids === undefined ? (device ?? 'all') : listed(wanted),
        detail: { packs: wanted.length },
      })
      const remaining: { id: number; reason: string }[] = []
      for (const id of wanted) {
        const result = await context.retryQuarantined?.(id).catch(goneMeanwhile)
        if (result?.outcome === 'quarantined') remaining.push({ id, reason: result.reason })
      }
      const nextAfterId = ids === undefined && wanted.length === RETRY_LIMIT ? (wanted.at(-1) ?? null) : null
      const stored = wanted.length - remaining.length
      return c.json({ retried: wanted.length, stored, remaining, nextAfterId }, 200)
    })
    .openapi(dropQuarantined, (c) => {
      const { id } = c.req.valid('param')
      if (!isThere(quarantine, id)) throw missing(id)
      audited(
        context,
        c.get('principal'),
        () => quarantine.remove(id),
        () => ({ action: 'quarantine.drop', subject: `${id}` }),
      )
      return c.body(null, 204)
    })
}

/** The first numbers of packs, as the audit log names them. */
const listed = (ids: readonly number[]): string =>
  `${ids.slice(0, 20).join(' ')}${ids.length > 20 ? ' ...' : ''}`

const withoutBroker = (): NadiError =>
  new NadiError('store-unavailable', 'This city runs without its broker. Start it and retry.')

const isThere = (quarantine: Pick<QuarantineTable, 'ids'>, id: number): boolean =>
  quarantine.ids({ afterId: id - 1, limit: 1 })[0] === id

/** A pack that was dropped or retried by another in the meantime is no failure of the others. */
const goneMeanwhile = (error: unknown): RetryOutcome => {
  if (error instanceof NadiError && error.code === 'not-found') {
    return { outcome: 'quarantined', reason: error.message }
  }
  throw error
}

const missing = (id: number): NadiError =>
  new NadiError('not-found', `There is no quarantined pack ${id}. List them to see their numbers.`)

const described = ({ payloadStart, payloadBytes, arrivedMs, ...pack }: ListedPack) => {
  const text = textOf(payloadStart, payloadBytes)
  const shown = text ?? Buffer.from(payloadStart).toString('base64')
  return {
    ...pack,
    arrivedAt: new Date(arrivedMs).toISOString(),
    sizeBytes: payloadBytes,
    payload: shown.slice(0, PREVIEW_CHARACTERS),
    encoding: text === undefined ? ('base64' as const) : ('utf-8' as const),
  }
}

const textOf = (start: Uint8Array, bytes: number): string | undefined => {
  try {
    // The start of a longer text may end within a character.
    const isCut = start.byteLength < bytes
    return new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: isCut })
  } catch {
    return undefined
  }
}
