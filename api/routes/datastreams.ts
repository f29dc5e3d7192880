import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { accessOf, discloseValue, maySee } from '../../city/disclosure.ts'
import { NadiError } from '../../city/errors.ts'
import { recordAccess } from '../audit.ts'
import { capacityOf, isDemonstration, zoneOf } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { DEMONSTRATION_NOTICE } from '../language.ts'
import { localTimeWriter } from '../localTime.ts'
import { pageOf } from '../paging.ts'
import {
  PROBLEMS,
  datastreamPath,
  demonstrationMark,
  localTime,
  next,
  qualityKind,
  query,
  thingPath,
  wholeNumber,
} from '../schemas.ts'

const datastream = z
  .object({
    id: z.number().int(),
    name: z.string().openapi({ example: 'shared-office/energy' }),
    property: z.string(),
    unit: z.string(),
    kind: z.enum(['instant', 'interval', 'counter']),
    brickClass: z.string().nullable(),
    intervalSeconds: z.number().nullable(),
    timezone: z.string(),
    undeclared: z.boolean(),
    ...demonstrationMark,
    quality: z.array(qualityKind).openapi({ description: 'Kinds of findings that last now' }),
    latest: z
      .object({
        time: localTime,
        value: z.number().nullable(),
        level: z.enum(['quiet', 'moderate', 'busy', 'unknown']).optional(),
        suppressed: z.boolean().optional(),
      })
      .nullable(),
  })
  .openapi('Datastream')

const listRoute = createRoute({
  method: 'get',
  path: '/v1/datastreams',
  summary: 'What is measured at a Thing and below it, with the latest value',
  request: {
    query: query({
      thing: thingPath.optional(),
      after: datastreamPath.optional().openapi({ description: 'Name of the last one of the page before' }),
      limit: wholeNumber(1, 1000, 500),
    }),
  },
  responses: {
    200: {
      description: 'Those that the reader may see, by name',
      content: { 'application/json': { schema: z.object({ items: z.array(datastream), next }) } },
    },
    ...PROBLEMS,
  },
})

/** Datastreams: what there is to be read. */
export const datastreamRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> =>
  createRouter().openapi(listRoute, async (c) => {
    const { thing, after, limit } = c.req.valid('query')
    const { catalogue, observations, city } = context
    if (
      thing !== undefined &&
      !catalogue.things.find(thing) &&
      !city.buildings.some(({ id }) => id === thing)
    ) {
      throw new NadiError('not-found', `There is no Thing "${thing}". /v1/datastreams lists what there is.`)
    }
    const principal = c.get('principal')
    const { role } = principal
    const rest = catalogue.datastreams
      .list(thing)
      .filter((it) => maySee(role, it) && (after === undefined || it.path > after))
    const { page, next: more } = pageOf(c, rest, limit, ({ path }) => ({ after: path }))
    const [latest] = await Promise.all([
      observations.latest(page.map(({ id }) => id)),
      recordAccess(context, principal, { action: 'access.latest', subject: thing ?? 'all' }, page),
    ])
    const items = page.map((item) => {
      const sample = latest.get(item.id)
      const demonstration = isDemonstration(context, item.path)
      const timezone = zoneOf(context, item)
      return {
        id: item.id,
        name: item.path,
        property: item.property,
        unit: item.unit,
        kind: item.kind,
        brickClass: item.brickClass,
        intervalSeconds: item.intervalSeconds,
        timezone,
        undeclared: item.undeclared,
        demonstration,
        ...(demonstration && { notice: DEMONSTRATION_NOTICE[c.get('language')] }),
        quality: [...context.quality.openKinds(item.id)],
        latest: sample
          ? {
              time: localTimeWriter(timezone)(sample.timeMs),
              ...discloseValue(accessOf(role, item), sample.value, capacityOf(context, item.path)),
            }
          : null,
      }
    })
    return c.json({ items, next: more }, 200)
  })
