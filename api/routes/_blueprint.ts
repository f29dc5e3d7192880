import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { PROBLEMS, query } from '../schemas.ts'

/**
 * Copy this file, name the concern, and add it to `index.ts`: the document, the strict checks and the contract tests
 * cover it from then on. A guard for roles goes into `middleware: requireRole('operator')`; errors are thrown as
 * `NadiError` and become problems; readings leave through `city/disclosure.ts` alone.
 */
const greeting = z.object({ hello: z.string() }).openapi('Greeting')

const getGreeting = createRoute({
  method: 'get',
  path: '/v1/greetings/{name}',
  summary: 'Greets',
  request: { params: z.object({ name: z.string().max(100) }), query: query({}) },
  responses: {
    200: { description: 'A greeting', content: { 'application/json': { schema: greeting } } },
    ...PROBLEMS,
  },
})

export const greetingRoutes = (_context: ApiContext): OpenAPIHono<ApiEnv> =>
  createRouter().openapi(getGreeting, (c) => c.json({ hello: c.req.valid('param').name }, 200))
