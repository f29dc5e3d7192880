import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Training } from '../../analytics/retraining/trainings.ts'
import { NadiError } from '../../city/errors.ts'
import { actorOf } from '../audit.ts'
import { requireRole } from '../auth.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { jsonBody, PROBLEMS, query } from '../schemas.ts'
import { requireModels } from './models.ts'
import { newTraining, training } from './modelSchemas.ts'

/** Trainings that somebody asks for: begun, and asked how far they are. */
const guard = { tags: ['models'], middleware: requireRole('scientist', 'administrator') }

const startTraining = createRoute({
  ...guard,
  method: 'post',
  path: '/v1/trainings',
  summary: 'Begins to train a model; it forecasts beside the champion once it is there',
  request: {
    query: query({}),
    body: jsonBody(newTraining),
  },
  responses: {
    202: { description: 'It runs', content: { 'application/json': { schema: training } } },
    ...PROBLEMS,
  },
})

const showTraining = createRoute({
  ...guard,
  method: 'get',
  path: '/v1/trainings/{id}',
  summary: 'How far a training is, or what became of it',
  request: { params: z.object({ id: z.uuid() }), query: query({}) },
  responses: {
    200: { description: 'The training', content: { 'application/json': { schema: training } } },
    ...PROBLEMS,
  },
})

export const trainingRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> =>
  createRouter()
    .openapi(startTraining, (c) => {
      const { trainings } = requireModels(context)
      const { property, buildings } = c.req.valid('json')
      const unknown = buildings?.find((id) => !context.catalogue.datastreams.find(`${id}/${property}`))
      if (unknown !== undefined) {
        throw new NadiError(
          'not-found',
          `"${unknown}" has no ${property} to learn from. Name another building.`,
        )
      }
      const started = context.catalogue.transaction(() => {
        context.catalogue.audit.record({
          actor: actorOf(c.get('principal')),
          action: 'model.train',
          subject: property,
          detail: { buildings: buildings?.join(' ') ?? 'all' },
        })
        return trainings.start({ property, buildings })
      })
      return c.json(answered(started), 202)
    })
    .openapi(showTraining, (c) => {
      const found = requireModels(context).trainings.find(c.req.valid('param').id)
      if (found) return c.json(answered(found), 200)
      throw new NadiError(
        'not-found',
        'There is no such training; the city forgets them when it stops. "npx nadi models list" shows the models.',
      )
    })

const answered = ({ buildings, ...more }: Training) => ({ ...more, buildings: buildings && [...buildings] })
