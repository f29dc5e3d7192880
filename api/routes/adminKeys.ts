import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { addKey, revokeKey } from '../accounts.ts'
import { requireRole } from '../auth.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { jsonBody, PROBLEMS, query } from '../schemas.ts'
import { pageOf, pageQuery, pageSchema, time, timeOf } from './adminPages.ts'
import { roleOfKey } from './adminRoles.ts'

/** Keys of machines. Administrators only; a key is shown once, when it is made. */
const keySchema = z
  .object({
    id: z.string().openapi({ example: '378cf4e3cd3ae02c' }),
    role: z.string(),
    name: z.string(),
    createdAt: time,
    revokedAt: time.nullable(),
  })
  .openapi('ApiKey')

const newKey = z
  .object({
    id: z.string(),
    key: z.string().openapi({ description: 'Shown this once: only its hash is kept' }),
    role: z.string(),
    name: z.string(),
  })
  .openapi('NewApiKey')

export const keyName = z.string().min(1).max(100)

const guard = { tags: ['administration'], middleware: requireRole('administrator') }

const addRoute = createRoute({
  ...guard,
  method: 'post',
  path: '/v1/keys',
  summary: 'Makes a key and tells it once',
  request: {
    query: query({}),
    body: jsonBody(z.strictObject({ role: roleOfKey, name: keyName.default('unnamed') })),
  },
  responses: {
    201: { description: 'The key', content: { 'application/json': { schema: newKey } } },
    ...PROBLEMS,
  },
})

const listKeys = createRoute({
  ...guard,
  method: 'get',
  path: '/v1/keys',
  summary: 'Keys, without their secrets',
  request: { query: pageQuery },
  responses: {
    200: { description: 'Keys by age', content: { 'application/json': { schema: pageSchema(keySchema) } } },
    ...PROBLEMS,
  },
})

const revokeRoute = createRoute({
  ...guard,
  method: 'delete',
  path: '/v1/keys/{id}',
  summary: 'Revokes a key',
  request: { params: z.object({ id: z.string().max(200) }), query: query({}) },
  responses: { 204: { description: 'Revoked' }, ...PROBLEMS },
})

export const adminKeyRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const { keys } = context.catalogue
  return createRouter()
    .openapi(addRoute, (c) => {
      const { role, name } = c.req.valid('json')
      c.header('cache-control', 'no-store')
      const made = addKey(context, c.get('principal'), { role, name })
      return c.json({ ...made, role, name }, 201)
    })
    .openapi(listKeys, (c) => {
      const all = keys.list().map(({ id, role, name, createdMs, revokedMs }) => ({
        id,
        role,
        name,
        createdAt: new Date(createdMs).toISOString(),
        revokedAt: timeOf(revokedMs),
      }))
      return c.json(pageOf(all, c.req.valid('query'), '/v1/keys'), 200)
    })
    .openapi(revokeRoute, (c) => {
      revokeKey(context, c.get('principal'), c.req.valid('param').id)
      return c.body(null, 204)
    })
}
