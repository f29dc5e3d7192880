import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { addPerson, changeRole, removePerson } from '../accounts.ts'
import { requireRole } from '../auth.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { jsonBody, PROBLEMS, query } from '../schemas.ts'
import { pageOf, pageQuery, pageSchema, time } from './adminPages.ts'
import { roleOfPerson } from './adminRoles.ts'

/** Local accounts of people. Administrators only. */
const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, '1 to 64 letters, digits, ".", "_", "@" and "-"')
  .openapi({ example: 'ana' })

const user = z.object({ name, role: z.string(), createdAt: time }).openapi('User')

const newUser = z
  .object({
    name,
    role: z.string(),
    password: z.string().optional().openapi({ description: 'Shown this once, when the city made it' }),
  })
  .openapi('NewUser')

const guard = { tags: ['administration'], middleware: requireRole('administrator') }

const addUser = createRoute({
  ...guard,
  method: 'post',
  path: '/v1/users',
  summary: 'Adds an account; without a password the city makes one and tells it once',
  request: {
    query: query({}),
    body: jsonBody(
      z.strictObject({
        name,
        role: roleOfPerson,
        password: z.string().min(10, 'at least 10 characters').max(1000).optional(),
      }),
    ),
  },
  responses: {
    201: { description: 'The account', content: { 'application/json': { schema: newUser } } },
    ...PROBLEMS,
  },
})

const listUsers = createRoute({
  ...guard,
  method: 'get',
  path: '/v1/users',
  summary: 'Accounts',
  request: { query: pageQuery },
  responses: {
    200: { description: 'Accounts by name', content: { 'application/json': { schema: pageSchema(user) } } },
    ...PROBLEMS,
  },
})

const changeRoute = createRoute({
  ...guard,
  method: 'patch',
  path: '/v1/users/{name}',
  summary: 'Gives an account another role; its sessions have it at once',
  request: {
    params: z.object({ name: z.string().max(200) }),
    query: query({}),
    body: jsonBody(z.strictObject({ role: roleOfPerson })),
  },
  responses: {
    200: {
      description: 'The account',
      content: {
        'application/json': { schema: z.object({ name: z.string(), role: z.string() }).openapi('UserRole') },
      },
    },
    ...PROBLEMS,
  },
})

const removeUser = createRoute({
  ...guard,
  method: 'delete',
  path: '/v1/users/{name}',
  summary: 'Removes an account and ends its sessions',
  request: { params: z.object({ name: z.string().max(200) }), query: query({}) },
  responses: { 204: { description: 'Removed' }, ...PROBLEMS },
})

export const adminUserRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const { users } = context.catalogue
  return createRouter()
    .openapi(addUser, async (c) => {
      const { name, role, password } = c.req.valid('json')
      const made = await addPerson(context, c.get('principal'), { name, role, password })
      c.header('cache-control', 'no-store')
      return c.json({ name, role, ...(made !== undefined && { password: made }) }, 201)
    })
    .openapi(listUsers, (c) => {
      const all = users.list().map(({ name, role, createdMs }) => ({
        name,
        role,
        createdAt: new Date(createdMs).toISOString(),
      }))
      return c.json(pageOf(all, c.req.valid('query'), '/v1/users'), 200)
    })
    .openapi(changeRoute, (c) => {
      const { name } = c.req.valid('param')
      const { role } = c.req.valid('json')
      changeRole(context, c.get('principal'), name, role)
      return c.json({ name, role }, 200)
    })
    .openapi(removeUser, (c) => {
      removePerson(context, c.get('principal'), c.req.valid('param').name)
      return c.body(null, 204)
    })
}
