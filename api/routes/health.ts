import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { PROBLEMS } from '../schemas.ts'

const healthzRoute = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Answers while the process serves',
  responses: {
    200: {
      description: 'Alive',
      content: {
        'application/json': {
          schema: z.object({
            status: z.literal('ok'),
            addresses: z.object({ http: z.string(), mqtt: z.string(), flows: z.string().optional() }),
          }),
        },
      },
    },
    ...PROBLEMS,
  },
})

const readiness = z.object({ ready: z.boolean(), parts: z.record(z.string(), z.boolean()) })

const readyzRoute = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'Whether every part can do its work',
  responses: {
    200: { description: 'Ready', content: { 'application/json': { schema: readiness } } },
    503: { description: 'A part is not', content: { 'application/json': { schema: readiness } } },
    ...PROBLEMS,
  },
})

/** Of a Datastream that there never is: cheap, and yet the store has to look. */
const SMALLEST_QUESTION = { datastreamId: 0, fromMs: 0, toMs: 1, limit: 1 }

/** For whoever watches the city: alive, and ready. */
export const healthRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> =>
  createRouter()
    .openapi(healthzRoute, (c) => {
      const { http, mqtt, flows } = context.addresses()
      return c.json(
        { status: 'ok' as const, addresses: { http, mqtt, ...(flows !== undefined && { flows }) } },
        200,
      )
    })
    .openapi(readyzRoute, async (c) => {
      const parts = {
        store: await works(() => context.observations.raw(SMALLEST_QUESTION)),
        catalogue: await works(() => context.catalogue.users.count()),
        ...context.readiness?.(),
      }
      const ready = Object.values(parts).every(Boolean)
      return ready ? c.json({ ready, parts }, 200) : c.json({ ready, parts }, 503)
    })

const works = async (ask: () => unknown): Promise<boolean> => {
  try {
    await ask()
    return true
  } catch {
    return false
  }
}
