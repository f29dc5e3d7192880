import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { NadiError } from '../../city/errors.ts'
import { recordAccess } from '../audit.ts'
import { requireRole } from '../auth.ts'
import type { ApiContext } from '../context.ts'
import { checkDevice } from '../deviceCheck/check.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { PROBLEMS, query } from '../schemas.ts'
import { time } from './adminPages.ts'

const lastOfDatastream = z.object({
  datastream: z.string(),
  lastTime: time.nullable(),
  value: z.number().nullable().openapi({ description: 'The last one, as the role may have it' }),
  unit: z.string(),
})
const mend = z.string().openapi({ description: 'What to do about it' })

const check = z
  .object({
    device: z.string(),
    building: z.string(),
    now: time,
    revoked: z.boolean(),
    connection: z.object({
      open: z.number().int().openapi({ description: 'Connections that are open' }),
      since: time.nullable().openapi({ description: 'When that last changed, since the city started' }),
      status: z.enum(['online', 'offline', 'never']),
      statusSince: time.nullable(),
    }),
    lastRefusal: z
      .object({
        at: time,
        reason: z.string(),
        mend,
        count: z.number().int().openapi({ description: 'How often in a row for this reason' }),
      })
      .nullable()
      .openapi({ description: 'The last CONNECT that was refused, since the city started' }),
    lastArrivalAt: time.nullable(),
    lastPack: z
      .object({
        at: time,
        topic: z.string(),
        observations: z.number().int(),
        newestTime: time,
        lateSeconds: z.number().int().openapi({ description: 'Arrival less newest time; negative: ahead' }),
        timing: z.enum(['prompt', 'ahead', 'behind', 'late']).openapi({
          description:
            'Five minutes ahead or more: a wrong clock. Behind: by the same for a minute or more, as a wrong clock is. Late: a backfill',
        }),
        datastreams: z.array(lastOfDatastream),
      })
      .nullable()
      .openapi({ description: 'The last one of which something was stored, since the city started' }),
    sent: z.array(lastOfDatastream).openapi({
      description:
        'Every Datastream that it sent since the city started, the first thousand, each with its latest',
    }),
    topics: z
      .array(z.object({ topic: z.string(), at: time, datastreams: z.array(lastOfDatastream) }))
      .openapi({ description: 'Of a gateway: its last hundred topics since the city started, newest first' }),
    notKept: z.object({ at: time, topic: z.string(), count: z.number().int() }).nullable().openapi({
      description:
        'The last publish that was not acknowledged because the store or the catalogue took nothing, since the city started, and how many in a row: no fault of the device, which sends it again',
    }),
    rejected: z
      .array(
        z.object({
          id: z.number().int(),
          at: time,
          topic: z.string(),
          reason: z.string(),
          mend,
          payload: z.string(),
          bytes: z.number().int(),
        }),
      )
      .openapi({ description: 'Packs and records in quarantine, newest first, at most ten' }),
    forbidden: z.object({
      count: z.number().int(),
      lastTopic: z.string().nullable(),
      lastAt: time.nullable(),
    }),
    declaredAt: time.nullable().openapi({ description: 'Its last birth, since the city started' }),
    lastValuesKnown: z.boolean().openapi({
      description:
        'False while the store cannot be asked: no last value is told then, and nothing called silent',
    }),
    silent: z.array(lastOfDatastream).openapi({ description: 'Declared, but without a fresh value' }),
    undeclared: z
      .array(z.string())
      .openapi({ description: 'Sent by it since the city started, and declared by nobody' }),
  })
  .openapi('DeviceCheck')

const checkRoute = createRoute({
  method: 'get',
  path: '/v1/devices/{id}/check',
  summary: 'What arrived last from a device, what was rejected and why',
  tags: ['administration'],
  middleware: requireRole('operator'),
  security: [{ bearer: [] }, { session: [] }],
  request: { params: z.object({ id: z.string().max(200) }), query: query({}) },
  responses: {
    200: { description: 'How the device is doing', content: { 'application/json': { schema: check } } },
    ...PROBLEMS,
  },
})

/** For whoever makes or mends a sensor: how it is doing, as the city sees it. */
export const deviceCheckRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> =>
  createRouter().openapi(checkRoute, async (c) => {
    const { id } = c.req.valid('param')
    const device = context.catalogue.devices.find(id)
    if (!device) {
      throw new NadiError('not-found', 'There is no device of this id. "npx nadi devices list" names them.')
    }
    const principal = c.get('principal')
    const answer = await checkDevice(context, device, principal.role)
    const told = [
      ...(answer.lastPack?.datastreams ?? []),
      ...answer.sent,
      ...answer.silent,
      ...answer.topics.flatMap((it) => it.datastreams),
    ]
    await recordAccess(
      context,
      principal,
      { action: 'access.latest', subject: id },
      told.flatMap(({ datastream }) => context.catalogue.datastreams.find(datastream) ?? []),
    )
    return c.json(answer, 200)
  })
