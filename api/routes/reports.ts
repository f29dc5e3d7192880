import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { NadiError } from '../../city/errors.ts'
import { REPORT_CATEGORIES, REPORT_STATUSES } from '../../city/reports.ts'
import type { Report } from '../../store/catalogue/reports.ts'
import { requireRole } from '../auth.ts'
import { listBuildings } from '../buildings.ts'
import { changeReport } from '../citizenAnswers.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { localTimeWriter } from '../localTime.ts'
import { pageOf } from '../paging.ts'
import { createParticipation } from '../participation.ts'
import {
  buildingId,
  jsonBody,
  localTime,
  next,
  numberParams,
  plainText,
  PROBLEMS,
  query,
  told,
  wholeNumber,
  zonePath,
} from '../schemas.ts'

const status = z
  .enum(REPORT_STATUSES)
  .openapi({ example: 'looking', description: 'Received, being looked at, done, declined' })
const category = z.enum(REPORT_CATEGORIES).openapi({ example: 'cooling' })

/** What the citizen sees at the private link, and beside it what was written. */
const followed = {
  id: z.number().int().openapi({ example: 7 }),
  building: z.string().openapi({ example: 'shared-office' }),
  zone: z.string().nullable().openapi({ example: 'floor-2/zone-a' }),
  category,
  text: z.string().nullable().openapi({
    example: 'The cooling on floor 2 has been off since Monday',
    description: 'Null once it was erased, some time after the report was closed',
  }),
  status,
  outcome: z
    .object({ id: z.string().optional(), en: z.string().optional() })
    .openapi({ example: { en: 'Being repaired on Wednesday' }, description: 'What the operators say' }),
  createdAt: localTime,
  changedAt: localTime,
}
const report = z.object(followed).openapi('Report')

const addRoute = createRoute({
  method: 'post',
  path: '/v1/reports',
  summary: 'Reports a problem of a building; needs no login and keeps nothing of who reports',
  description:
    'Write no names and nothing of persons. 10 reports an hour from one address. The answer holds a private link: whoever has it sees what becomes of the report, and it is told only once.',
  request: {
    query: query({}),
    body: jsonBody(
      z
        .strictObject({
          building: buildingId,
          zone: zonePath.optional(),
          category,
          text: plainText.openapi({
            example: 'The cooling on floor 2 has been off since Monday',
            description: 'At most 2,000 bytes',
          }),
        })
        .openapi('NewReport'),
    ),
  },
  responses: {
    201: {
      description: 'Received',
      content: {
        'application/json': {
          schema: report.extend({
            link: z.string().openapi({
              example: '/reports/fRz8vO6jW0iX…',
              description: 'Private page; /v1/reports/status/{token} says the same as JSON',
            }),
          }),
        },
      },
    },
    ...PROBLEMS,
  },
})

const followRoute = createRoute({
  method: 'get',
  path: '/v1/reports/status/{token}',
  summary: 'What has become of a report, for whoever has its private link',
  request: {
    params: z.object({
      token: z
        .string()
        .regex(/^[\w-]{43}$/, 'the last part of the private link')
        .openapi({
          param: { name: 'token', in: 'path' },
          example: 'fRz8vO6jW0iXn2lq5cTtYb1mKd9eGh3sUa7pQwErZxC',
        }),
    }),
    query: query({}),
  },
  responses: {
    200: { description: 'The report', content: { 'application/json': { schema: report } } },
    ...PROBLEMS,
  },
})

const guard = { middleware: requireRole('operator'), security: [{ bearer: [] }, { session: [] }] }

const listRoute = createRoute({
  ...guard,
  method: 'get',
  path: '/v1/reports',
  summary: 'What citizens reported, newest first',
  request: {
    query: query({
      building: buildingId.optional(),
      status: status.optional(),
      before: wholeNumber(1, 999_999_999, 999_999_999).openapi({
        description: 'Id of the last of the page before',
      }),
      limit: wholeNumber(1, 500, 100),
    }),
  },
  responses: {
    200: {
      description: 'Reports',
      content: { 'application/json': { schema: z.object({ items: z.array(report), next }) } },
    },
    ...PROBLEMS,
  },
})

const changeRoute = createRoute({
  ...guard,
  method: 'patch',
  path: '/v1/reports/{id}',
  summary: 'Says how far a report is and what became of it',
  request: {
    params: numberParams('report'),
    query: query({}),
    body: jsonBody(
      z
        .strictObject({
          status,
          outcome: told.optional().openapi({
            example: { en: 'Being repaired on Wednesday' },
            description: 'Kept as it was when absent',
          }),
        })
        .openapi('ReportChange'),
    ),
  },
  responses: {
    200: { description: 'As it is now', content: { 'application/json': { schema: report } } },
    ...PROBLEMS,
  },
})

/** Reports of citizens: written by anybody, answered by operators, followed by a private link. */
export const reportRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const { catalogue } = context
  const participation = context.participation ?? createParticipation(context)
  const toAnswer = ({ id, building, zone, text, outcome, createdMs, changedMs, ...rest }: Report) => {
    const write = localTimeWriter(timeZoneOf(context, building))
    return {
      id,
      building,
      zone,
      category: rest.category,
      text,
      status: rest.status,
      outcome,
      createdAt: write(createdMs),
      changedAt: write(changedMs),
    }
  }
  return createRouter()
    .openapi(addRoute, async (c) => {
      const { report: kept, token } = await participation.report(c, c.req.valid('json'))
      c.header('Cache-Control', 'no-store')
      return c.json({ ...toAnswer(kept), link: `/reports/${token}` }, 201)
    })
    .openapi(followRoute, (c) => {
      const kept = catalogue.reports.byToken(c.req.valid('param').token)
      if (!kept) {
        throw new NadiError('not-found', 'No report has this link. Check that it was copied as a whole.')
      }
      c.header('Cache-Control', 'private, no-store')
      return c.json(toAnswer(kept), 200)
    })
    .openapi(listRoute, (c) => {
      const { building, status: wanted, before, limit } = c.req.valid('query')
      const found = catalogue.reports.list({ building, status: wanted, beforeId: before, limit: limit + 1 })
      const { page, next: more } = pageOf(c, found, limit, ({ id }) => ({ before: String(id) }))
      return c.json({ items: page.map(toAnswer), next: more }, 200)
    })
    .openapi(changeRoute, (c) => {
      const { status: to, outcome } = c.req.valid('json')
      const id = Number(c.req.valid('param').id)
      return c.json(toAnswer(changeReport(context, c.get('principal'), id, { status: to, outcome })), 200)
    })
}

/** A report's building may have left the city file since. */
const timeZoneOf = (context: Pick<ApiContext, 'city' | 'catalogue'>, building: string): string =>
  listBuildings(context).find(({ id }) => id === building)?.timeZone ?? context.city.timeZone
