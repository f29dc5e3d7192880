import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { isThingPath } from '../../city/names.ts'
import type { Notice } from '../../store/catalogue/catalogue.ts'
import { requireRole } from '../auth.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { localTimeWriter } from '../localTime.ts'
import { pageOf } from '../paging.ts'
import { jsonBody, localTime, next, PROBLEMS, query, wholeNumber } from '../schemas.ts'

const severity = z.enum(['alarm', 'warning', 'info'])

const notice = z
  .object({
    id: z.number().int(),
    createdAt: localTime,
    severity,
    about: z.string(),
    message: z.string(),
    source: z.string(),
  })
  .openapi('Notice')

const newNotice = z
  .strictObject({
    severity: severity.default('warning'),
    about: z
      .string()
      .refine(isThingPath, 'the path of a Thing or Datastream, like "shared-office/floor-2/zone-a/co2"')
      .openapi({ example: 'shared-office/floor-2/zone-a/co2' }),
    message: z
      .string()
      .trim()
      .min(1)
      .max(1000)
      .openapi({ example: 'CO2 has been above 1000 ppm for 10 minutes' }),
  })
  .openapi('NewNotice')

const listRoute = createRoute({
  method: 'get',
  path: '/v1/notices',
  summary: 'What flows and alarms tell the operators, newest first',
  middleware: requireRole('operator'),
  security: [{ bearer: [] }, { session: [] }],
  request: {
    query: query({
      before: wholeNumber(1, 999_999_999, 999_999_999).openapi({
        description: 'Id of the last of the page before',
      }),
      limit: wholeNumber(1, 500, 100),
    }),
  },
  responses: {
    200: {
      description: 'Notices',
      content: { 'application/json': { schema: z.object({ items: z.array(notice), next }) } },
    },
    ...PROBLEMS,
  },
})

const addRoute = createRoute({
  method: 'post',
  path: '/v1/notices',
  summary: 'Tells the operators something',
  middleware: requireRole('operator'),
  security: [{ bearer: [] }, { session: [] }],
  request: {
    query: query({}),
    body: jsonBody(newNotice),
  },
  responses: {
    201: { description: 'The notice as it is kept', content: { 'application/json': { schema: notice } } },
    ...PROBLEMS,
  },
})

/** Notices: told by flows, alarms and operators, read by operators. */
export const noticeRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const write = localTimeWriter(context.city.timeZone)
  const toAnswer = ({ createdMs, ...rest }: Notice) => ({ ...rest, createdAt: write(createdMs) })
  return createRouter()
    .openapi(listRoute, (c) => {
      const { before, limit } = c.req.valid('query')
      const found = context.catalogue.notices.list({ beforeId: before, limit: limit + 1 })
      const { page, next: more } = pageOf(c, found, limit, ({ id }) => ({ before: String(id) }))
      return c.json({ items: page.map(toAnswer), next: more }, 200)
    })
    .openapi(addRoute, (c) => {
      const kept = context.catalogue.notices.add({
        ...c.req.valid('json'),
        createdMs: context.now(),
        source: c.get('principal').id,
      })
      return c.json(toAnswer(kept), 201)
    })
}
