import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { issuedVersion, type ModelEntry } from '../../analytics/registry/entry.ts'
import { compareScores, summaryOf } from '../../analytics/retraining/summary.ts'
import { NadiError } from '../../city/errors.ts'
import type { NewAuditEntry } from '../../store/catalogue/catalogue.ts'
import { actorOf } from '../audit.ts'
import { requireRole } from '../auth.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv, type Principal } from '../env.ts'
import { jsonBody, PROBLEMS, query } from '../schemas.ts'
import { comparison, modelDetail, modelEntry, modelId, property, rollback } from './modelSchemas.ts'

/** Models of the city: looked at, compared, put into service and taken out of it. */
const guard = { tags: ['models'], middleware: requireRole('scientist', 'administrator') }
const params = z.object({ id: modelId })
const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  200: { description, content: { 'application/json': { schema } } },
  ...PROBLEMS,
})
const reasonBody = {
  required: true,
  content: {
    'application/json': {
      schema: z.strictObject({ reason: z.string().trim().min(1).max(500).default('By hand.') }),
    },
  },
}

const listModels = createRoute({
  ...guard,
  method: 'get',
  path: '/v1/models',
  summary: 'Every model, the newest first',
  request: { query: query({ property: property.optional() }) },
  responses: json('Models', z.object({ items: z.array(modelEntry), next: z.null() })),
})

const showModel = createRoute({
  ...guard,
  method: 'get',
  path: '/v1/models/{id}',
  summary: 'A model, how it did on the newest days, and what became of it',
  request: { params, query: query({}) },
  responses: json('The model', modelDetail),
})

const modelFile = createRoute({
  ...guard,
  method: 'get',
  path: '/v1/models/{id}/file',
  summary: 'The file of a model',
  request: { params, query: query({}) },
  responses: {
    200: {
      description: 'The file, which `npx nadi backtest` and another city read',
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    ...PROBLEMS,
  },
})

const compareModels = createRoute({
  ...guard,
  method: 'get',
  path: '/v1/models/{id}/comparison',
  summary: 'Two models on the days that both were scored on',
  request: { params, query: query({ with: modelId }) },
  responses: json('How they did', comparison),
})

const promoteModel = createRoute({
  ...guard,
  method: 'post',
  path: '/v1/models/{id}/promotion',
  summary: 'Makes a model the champion, whatever the promotion rule says',
  request: { params, query: query({}), body: reasonBody },
  responses: json('The champion', modelEntry),
})

const rollBack = createRoute({
  ...guard,
  method: 'post',
  path: '/v1/models/rollbacks',
  summary: 'Goes back to the champion before the one that serves',
  request: {
    query: query({}),
    body: jsonBody(rollback),
  },
  responses: json(
    'The one that went and the one that serves; null: that for all buildings',
    z.object({ from: modelEntry, to: modelEntry.nullable() }),
  ),
})

/** Days that `show` tells of. */
const NEWEST_DAYS = 30
const MS_PER_DAY = 86_400_000

export const modelRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const registryOf = () => requireModels(context).registry
  const find = (id: string): ModelEntry => {
    const entry = registryOf().find(id)
    if (entry) return entry
    throw new NadiError('not-found', `There is no model ${id}. "npx nadi models list" shows those there are.`)
  }
  const scoresOf = (id: string) => registryOf().scores.range(id, 0, Infinity)

  return createRouter()
    .openapi(listModels, (c) => {
      const items = registryOf().list(c.req.valid('query')).map(described)
      return c.json({ items, next: null }, 200)
    })
    .openapi(showModel, (c) => {
      const entry = find(c.req.valid('param').id)
      const scores = scoresOf(entry.id)
      const newestMs = Math.max(...scores.map(({ dayMs }) => dayMs))
      const newest = scores.filter(({ dayMs }) => dayMs > newestMs - NEWEST_DAYS * MS_PER_DAY)
      const events = registryOf()
        .events(entry.id)
        .map(({ atMs, ...event }) => ({ at: new Date(atMs).toISOString(), ...event }))
      return c.json({ ...described(entry), newest: summaryOf(newest), events }, 200)
    })
    .openapi(modelFile, (c) => {
      const { id } = find(c.req.valid('param').id)
      return c.body(new Uint8Array(registryOf().content(id)), 200, {
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename="${id}.nadi"`,
      })
    })
    .openapi(compareModels, (c) => {
      const [one, other] = [find(c.req.valid('param').id), find(c.req.valid('query').with)]
      const { champion, challenger, ...more } = compareScores(scoresOf(one.id), scoresOf(other.id))
      const models = [
        { id: one.id, metrics: champion },
        { id: other.id, metrics: challenger },
      ]
      return c.json({ ...more, models }, 200)
    })
    .openapi(promoteModel, async (c) => {
      const { id } = find(c.req.valid('param').id)
      const { reason } = c.req.valid('json')
      // What cannot be read must not be put into service.
      await requireModels(context).models.load(id)
      const act = { action: 'model.promote', subject: id, detail: { reason } }
      const promoted = told(context, c.get('principal'), act, () => registryOf().promote(id, reason))
      return c.json(described(promoted), 200)
    })
    .openapi(rollBack, (c) => {
      const { property, building, reason } = c.req.valid('json')
      const act = {
        action: 'model.rollback',
        subject: building === null ? property : `${building}/${property}`,
        detail: { reason },
      }
      const { from, to } = told(context, c.get('principal'), act, () =>
        registryOf().rollback({ property, building }, reason),
      )
      return c.json({ from: described(from), to: to ? described(to) : null }, 200)
    })
}

/** The models of the city. Throws `store-unavailable` where it has none. */
export const requireModels = ({ models }: ApiContext): NonNullable<ApiContext['models']> => {
  if (models) return models
  throw new NadiError('store-unavailable', 'This city runs without models. Start it with "npm start".')
}

/**
 * Acts on the registry, which is a file of its own, only once its entry in the audit log is written; an act that is
 * refused leaves none.
 */
const told = <T>(
  { catalogue }: ApiContext,
  principal: Principal,
  entry: Omit<NewAuditEntry, 'actor'>,
  act: () => T,
): T =>
  catalogue.transaction(() => {
    catalogue.audit.record({ actor: actorOf(principal), ...entry })
    return act()
  })

const described = ({ stateSinceMs, trainedAtMs, data, ...entry }: ModelEntry) => ({
  ...entry,
  issuedVersion: issuedVersion(entry),
  stateSince: new Date(stateSinceMs).toISOString(),
  trainedAt: new Date(trainedAtMs).toISOString(),
  data: {
    fingerprint: data.fingerprint,
    series: data.series,
    hours: data.hours,
    from: new Date(data.fromMs).toISOString(),
    to: new Date(data.toMs).toISOString(),
  },
})
