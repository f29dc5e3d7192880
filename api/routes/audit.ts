import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { AuditEntry, AuditHead } from '../../store/catalogue/catalogue.ts'
import { requireRole } from '../auth.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { parseTime } from '../localTime.ts'
import { pageOf } from '../paging.ts'
import { PROBLEMS, askedTime, next, query, wholeNumber } from '../schemas.ts'
import { time } from './adminPages.ts'

/** The audit log: who did what, and who saw numbers that not everybody sees. Administrators only. */
const hash = z
  .string()
  .openapi({ example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' })

const entrySchema = z
  .object({
    seq: z.number().int(),
    time,
    actor: z.object({
      kind: z.enum(['person', 'key', 'device', 'city', 'anonymous']),
      id: z.string(),
      name: z.string().nullable().openapi({ description: 'What a key is called; no part of the hash' }),
    }),
    action: z.string().openapi({ example: 'device.add' }),
    subject: z.string().openapi({ example: 'library-edge' }),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    previousHash: hash,
    hash,
  })
  .openapi('AuditEntry')

const headSchema = z
  .object({ seq: z.number().int(), time: time.nullable(), hash })
  .openapi('AuditHead', { description: 'The newest entry; `seq` 0 when there is none' })

const guard = { tags: ['administration'], middleware: requireRole('administrator') }

const listRoute = createRoute({
  ...guard,
  method: 'get',
  path: '/v1/audit',
  summary: 'The audit log, oldest first',
  request: {
    query: query({
      since: askedTime.optional().openapi({ description: 'Entries from this time on (ISO 8601)' }),
      actor: z.string().max(200).optional().openapi({ description: 'An actor’s id, or `kind:id`' }),
      action: z
        .string()
        .max(100)
        .optional()
        .openapi({ description: 'An action, or the word before its dot' }),
      except: z
        .string()
        .max(100)
        .optional()
        .openapi({ description: 'An action, or the word before its dot, to leave out' }),
      after: wholeNumber(0, 999_999_999, 0).openapi({ description: 'Begins after this `seq`; see `next`' }),
      limit: wholeNumber(1, 1000, 100),
    }),
  },
  responses: {
    200: {
      description: 'Entries ascending by `seq`',
      content: { 'application/json': { schema: z.object({ items: z.array(entrySchema), next }) } },
    },
    ...PROBLEMS,
  },
})

const headRoute = createRoute({
  ...guard,
  method: 'get',
  path: '/v1/audit/head',
  summary: 'The newest entry’s hash, to be noted elsewhere',
  request: { query: query({}) },
  responses: {
    200: { description: 'The head', content: { 'application/json': { schema: headSchema } } },
    ...PROBLEMS,
  },
})

const verifyRoute = createRoute({
  ...guard,
  method: 'get',
  path: '/v1/audit/verification',
  summary: 'Walks the whole chain and tells the first broken link',
  request: {
    query: query({
      head: z
        .string()
        .regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits')
        .optional()
        .openapi({ description: 'A hash that was noted earlier: it must be in the log' }),
    }),
  },
  responses: {
    200: {
      description: 'What was found; `problem` is null when the chain is whole',
      content: {
        'application/json': {
          schema: z.object({
            entries: z.number().int(),
            head: headSchema,
            endKnown: z.boolean().openapi({
              description: 'False: no head is noted outside, so nothing tells whether the end was cut off',
            }),
            problem: z.object({ seq: z.number().int(), reason: z.string() }).nullable(),
          }),
        },
      },
    },
    ...PROBLEMS,
  },
})

export const auditRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const { audit } = context.catalogue
  return createRouter()
    .openapi(listRoute, (c) => {
      const { since, actor, action, except, after, limit } = c.req.valid('query')
      const sinceMs = since === undefined ? 0 : parseTime(since, 'since', context.city.timeZone)
      const found = audit.list({ afterSeq: after, sinceMs, actor, action, except, limit: limit + 1 })
      const { page, next: more } = pageOf(c, found, limit, ({ seq }) => ({ after: String(seq) }))
      const keyNames = new Map(context.catalogue.keys.list().map(({ id, name }) => [id, name]))
      return c.json({ items: page.map((entry) => described(entry, keyNames)), next: more }, 200)
    })
    .openapi(headRoute, (c) => c.json(describedHead(audit.head()), 200))
    .openapi(verifyRoute, async (c) => {
      const { head, ...found } = await audit.verify({ head: c.req.valid('query').head })
      return c.json({ ...found, head: describedHead(head) }, 200)
    })
}

const described = ({ timeMs, actor, ...entry }: AuditEntry, keyNames: ReadonlyMap<string, string>) => ({
  ...entry,
  actor: { ...actor, name: actor.kind === 'key' ? (keyNames.get(actor.id) ?? null) : null },
  time: new Date(timeMs).toISOString(),
})

const describedHead = ({ seq, timeMs, hash }: AuditHead) => ({
  seq,
  time: seq === 0 ? null : new Date(timeMs).toISOString(),
  hash,
})
