import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { NadiError } from '../../city/errors.ts'
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
            addresses: z.object({
              http: z.string(),
              mqtt: z.string(),
              mqtts: z.string().optional(),
              flows: z.string().optional(),
            }),
          }),
        },
      },
    },
    ...PROBLEMS,
  },
})

const readiness = z.object({
  ready: z.boolean(),
  parts: z.record(z.string(), z.boolean()),
  /** What to do about a part that is not ready, where it is known. */
  problems: z.record(z.string(), z.string()).optional(),
})

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
      const { http, mqtt, mqtts, flows } = context.addresses()
      const addresses = {
        http,
        mqtt,
        ...(mqtts !== undefined && { mqtts }),
        ...(flows !== undefined && { flows }),
      }
      return c.json({ status: 'ok' as const, addresses }, 200)
    })
    .openapi(readyzRoute, async (c) => {
      const problems: Record<string, string> = {}
      const works = async (part: string, ask: () => unknown): Promise<boolean> => {
        try {
          await ask()
          return true
        } catch (error) {
          if (error instanceof NadiError) problems[part] = error.message
          return false
        }
      }
      const parts = {
        store: await works('store', () => context.observations.raw(SMALLEST_QUESTION)),
        catalogue: await works('catalogue', () => context.catalogue.users.count()),
        ...context.readiness?.(),
      }
      const ready = Object.values(parts).every(Boolean)
      if (ready) return c.json({ ready, parts }, 200)
      return c.json({ ready, parts, ...(Object.keys(problems).length > 0 && { problems }) }, 503)
    })
