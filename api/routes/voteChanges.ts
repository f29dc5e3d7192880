import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { VoteChange } from '../../store/catalogue/voteChanges.ts'
import { requireRole } from '../auth.ts'
import { addVoteChange, removeVoteChange } from '../citizenAnswers.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { requirePlace } from '../participation.ts'
import {
  buildingId,
  jsonBody,
  next,
  numberParams,
  PROBLEMS,
  query,
  told,
  wholeNumber,
  zonePath,
} from '../schemas.ts'

/** A local day. */
export const day = z.iso.date('a day like 2026-11-23').openapi({ example: '2026-11-23' })

const texts = z
  .object({ id: z.string().optional(), en: z.string().optional() })
  .openapi({ example: { id: 'Setelan AC lantai 2 naik dari 23,5 ke 24,5 °C.' } })

const change = z
  .object({
    id: z.number().int(),
    building: z.string(),
    zone: z.string().nullable(),
    date: day,
    text: texts,
  })
  .openapi('VoteChange')

const listRoute = createRoute({
  method: 'get',
  path: '/v1/votes/changes',
  summary: 'What votes have changed, newest first',
  request: {
    query: query({ building: buildingId.optional(), limit: wholeNumber(1, 500, 100) }),
  },
  responses: {
    200: {
      description: 'What was done because of votes, refusals and waiting included',
      content: { 'application/json': { schema: z.object({ items: z.array(change), next }) } },
    },
    ...PROBLEMS,
  },
})

const guard = { middleware: requireRole('operator'), security: [{ bearer: [] }, { session: [] }] }

const addRoute = createRoute({
  ...guard,
  method: 'post',
  path: '/v1/votes/changes',
  summary: 'Tells citizens what was done because of their votes',
  request: {
    query: query({}),
    body: jsonBody(
      z
        .strictObject({
          building: buildingId,
          zone: zonePath.optional(),
          date: day,
          text: told.openapi({ example: { id: 'Setelan AC lantai 2 naik dari 23,5 ke 24,5 °C.' } }),
        })
        .openapi('NewVoteChange'),
    ),
  },
  responses: {
    201: { description: 'As it is kept and shown', content: { 'application/json': { schema: change } } },
    ...PROBLEMS,
  },
})

const removeRoute = createRoute({
  ...guard,
  method: 'delete',
  path: '/v1/votes/changes/{id}',
  summary: 'Takes back what was told of a change',
  request: { params: numberParams('change'), query: query({}) },
  responses: { 204: { description: 'It is gone' }, ...PROBLEMS },
})

/** What votes changed: told by operators, read by everybody. */
export const voteChangeRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const { catalogue } = context
  return createRouter()
    .openapi(listRoute, (c) => {
      const { building, limit } = c.req.valid('query')
      if (building !== undefined) requirePlace(context, { building })
      return c.json({ items: catalogue.voteChanges.list({ building, limit }).map(toAnswer), next: null }, 200)
    })
    .openapi(addRoute, (c) => {
      const { building, zone, date, text } = c.req.valid('json')
      requirePlace(context, { building, zone })
      const kept = addVoteChange(context, c.get('principal'), {
        building,
        zone: zone ?? null,
        day: date,
        text,
      })
      return c.json(toAnswer(kept), 201)
    })
    .openapi(removeRoute, (c) => {
      removeVoteChange(context, c.get('principal'), Number(c.req.valid('param').id))
      return c.body(null, 204)
    })
}

const toAnswer = ({ id, building, zone, day: date, text }: VoteChange) => ({ id, building, zone, date, text })
