import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Registry } from 'prom-client'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { PROBLEMS } from '../schemas.ts'

const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  summary: 'Counters for Prometheus; nothing of people or buildings',
  responses: {
    200: { description: 'Text format 0.0.4', content: { 'text/plain': { schema: z.string() } } },
    ...PROBLEMS,
  },
})

/** What broker, store and API count. */
export const metricsRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const registry = context.metrics ?? new Registry()
  return createRouter().openapi(metricsRoute, async (c) =>
    c.text(await registry.metrics(), 200, { 'content-type': registry.contentType }),
  )
}
