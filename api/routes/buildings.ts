import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { BUILDING_USES } from '../../city/cityFile.ts'
import { isSimulatedProperty } from '../../city/simulated.ts'
import { actorOf } from '../audit.ts'
import {
  type BuildingView,
  type DisclosedNow,
  listBuildings,
  readNow,
  requireBuilding,
} from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv, type Principal } from '../env.ts'
import { DEMONSTRATION_NOTICE } from '../language.ts'
import { localTimeWriter } from '../localTime.ts'
import { pageOf, startAfter } from '../paging.ts'
import {
  PROBLEMS,
  buildingParams,
  demonstrationMark,
  localTime,
  next,
  query,
  wholeNumber,
} from '../schemas.ts'
import { unlessAway } from '../storeAway.ts'

const propertyNow = z
  .object({
    value: z.number().nullable(),
    unit: z.string(),
    phenomenonTime: localTime.nullable(),
    ageSeconds: z.number().nullable(),
    state: z.enum(['fresh', 'stale', 'none']),
    level: z.enum(['quiet', 'moderate', 'busy', 'unknown']).optional(),
    suppressed: z.boolean().optional(),
    demonstration: z.literal(true).optional(),
    notice: z.string().optional().openapi({ example: 'demonstration data' }),
  })
  .openapi('PropertyNow', {
    description:
      'A property of a building now. Of people, a level and a count rounded to ten; under 10 the value is null and suppressed. So is what rests on fewer than three parts of a building, where a part’s own value needs a role. Of a counter (energy, water), the register.',
  })

const now = z.record(z.string(), propertyNow)

const building = z
  .object({
    id: z.string(),
    name: z.string().openapi({ description: 'In the language of the answer' }),
    names: z.object({ id: z.string(), en: z.string() }),
    use: z.enum(BUILDING_USES),
    areaSquareMetres: z.number().nullable(),
    capacityPeople: z.number().nullable(),
    timezone: z.string(),
    geometry: z
      .object({ type: z.literal('Polygon'), coordinates: z.array(z.array(z.array(z.number()))) })
      .nullable()
      .openapi({ description: 'GeoJSON footprint, WGS 84' }),
    openingHours: z.array(z.object({ days: z.array(z.string()), opens: z.string(), closes: z.string() })),
    services: z.array(z.string()),
    ...demonstrationMark,
    now,
    nowKnown: z
      .boolean()
      .openapi({ description: 'False while the store cannot be asked: `now` is empty then' }),
  })
  .openapi('Building')

const listRoute = createRoute({
  method: 'get',
  path: '/v1/buildings',
  summary: 'All buildings, and how each is now',
  request: {
    query: query({
      after: z
        .string()
        .max(200)
        .optional()
        .openapi({ description: 'Id of the last building of the page before' }),
      limit: wholeNumber(1, 500, 100),
    }),
  },
  responses: {
    200: {
      description: 'Buildings in the order of the city file',
      content: { 'application/json': { schema: z.object({ items: z.array(building), next }) } },
    },
    ...PROBLEMS,
  },
})

const oneRoute = createRoute({
  method: 'get',
  path: '/v1/buildings/{building}',
  summary: 'One building, and how it is now',
  request: { params: buildingParams, query: query({}) },
  responses: {
    200: { description: 'The building', content: { 'application/json': { schema: building } } },
    ...PROBLEMS,
  },
})

const nowRoute = createRoute({
  method: 'get',
  path: '/v1/buildings/{building}/now',
  summary: 'How a building is now, for each of its properties',
  request: { params: buildingParams, query: query({}) },
  responses: {
    200: {
      description: 'By property',
      content: {
        'application/json': { schema: now },
      },
    },
    ...PROBLEMS,
  },
})

/** Buildings: what they are and how they are now. */
export const buildingRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  /** How they are now, once it is on record who sees of which of them what not everybody sees. */
  const read = async (views: BuildingView[], principal: Principal, subject: string) => {
    let exact = 0
    const nows = await readNow(context, views, principal.role, () => (exact += 1))
    if (exact > 0) {
      await context.catalogue.audit.access({ actor: actorOf(principal), action: 'access.now', subject })
    }
    return nows
  }
  return createRouter()
    .openapi(listRoute, async (c) => {
      const { after, limit } = c.req.valid('query')
      const all = listBuildings(context)
      const start = startAfter(
        all.map(({ id }) => id),
        after,
      )
      const { page, next: more } = pageOf(c, all.slice(start), limit, ({ id }) => ({ after: id }))
      const nows = await unlessAway(read(page, c.get('principal'), 'all'))
      return c.json(
        {
          items: page.map((each, i) => toAnswer(each, nows?.[i], c.get('language'))),
          next: more,
        },
        200,
      )
    })
    .openapi(oneRoute, async (c) => {
      const view = requireBuilding(context, c.req.valid('param').building)
      const nows = await unlessAway(read([view], c.get('principal'), view.id))
      return c.json(toAnswer(view, nows?.[0], c.get('language')), 200)
    })
    .openapi(nowRoute, async (c) => {
      const view = requireBuilding(context, c.req.valid('param').building)
      const [nowOf] = await read([view], c.get('principal'), view.id)
      return c.json(nowAnswer(nowOf ?? {}, view, c.get('language')), 200)
    })
}

const toAnswer = (
  view: BuildingView,
  nowOf: Record<string, DisclosedNow> | undefined,
  language: 'id' | 'en',
) => ({
  id: view.id,
  name: view.name[language],
  names: view.name,
  use: view.use,
  areaSquareMetres: view.areaSquareMetres,
  capacityPeople: view.capacityPeople,
  timezone: view.timeZone,
  geometry: view.geometry,
  openingHours: view.described?.openingHours ?? [],
  services: (view.described?.services ?? []).map((service) => service[language]),
  demonstration: view.demonstration,
  ...(view.demonstration && { notice: DEMONSTRATION_NOTICE[language] }),
  now: nowAnswer(nowOf ?? {}, view, language),
  nowKnown: nowOf !== undefined,
})

/** The mark stands at each property, because this answer has nothing beside them. */
const nowAnswer = (nowOf: Record<string, DisclosedNow>, view: BuildingView, language: 'id' | 'en') => {
  const write = localTimeWriter(view.timeZone)
  const mark = { demonstration: true as const, notice: DEMONSTRATION_NOTICE[language] }
  return Object.fromEntries(
    Object.entries(nowOf).map(([property, { timeMs, ...rest }]) => [
      property,
      {
        ...rest,
        phenomenonTime: timeMs === null ? null : write(timeMs),
        ...(isSimulatedProperty(view.described, property) && mark),
      },
    ]),
  )
}
