import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { maySee } from '../../city/disclosure.ts'
import { NadiError } from '../../city/errors.ts'
import { QUALITY_KINDS } from '../../city/quality/finding.ts'
import { buildingOf } from '../../city/names.ts'
import { recordAccess } from '../audit.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { parseTime, wrongParameter } from '../localTime.ts'
import { pageOf } from '../paging.ts'
import { discloseFinding } from '../quality.ts'
import {
  PROBLEMS,
  askedTime,
  datastreamPath,
  next,
  qualityFinding,
  query,
  thingPath,
  wholeNumber,
} from '../schemas.ts'

const time = askedTime.optional()

const listRoute = createRoute({
  method: 'get',
  path: '/v1/quality',
  summary: 'What is doubtful about the readings: resets, jumps, stuck values, silence, wrong clocks',
  request: {
    query: query({
      thing: thingPath.optional(),
      datastream: datastreamPath.optional(),
      kind: z.enum(QUALITY_KINDS).optional(),
      from: time.openapi({ description: 'Those that last until then or longer' }),
      to: time.openapi({ description: 'Those that begin before' }),
      open: z.enum(['true', 'false']).default('false').openapi({ description: 'true: only what lasts now' }),
      before: z
        .string()
        .regex(/^\d{1,15}\.\d{1,15}\.[a-z-]{1,40}$/, 'as `next` of the page before gives it')
        .optional(),
      limit: wholeNumber(1, 1000, 500),
    }),
  },
  responses: {
    200: {
      description: 'Findings of what the reader may see, those that began last first',
      content: { 'application/json': { schema: z.object({ items: z.array(qualityFinding), next }) } },
    },
    ...PROBLEMS,
  },
})

/** Quality: findings beside the readings, which stay as they were sent. */
export const qualityRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> =>
  createRouter().openapi(listRoute, async (c) => {
    const { thing, datastream, kind, from, to, open, before, limit } = c.req.valid('query')
    const { catalogue, city, quality } = context
    const { role } = c.get('principal')
    const isKnown =
      thing === undefined || catalogue.things.find(thing) || city.buildings.some(({ id }) => id === thing)
    if (!isKnown) {
      throw new NadiError('not-found', `There is no Thing "${thing}". /v1/datastreams lists what there is.`)
    }
    const timeZone =
      catalogue.datastreams.list(datastream === undefined ? thing : buildingOf(datastream))[0]?.timeZone ??
      city.timeZone
    const fromMs = from === undefined ? undefined : parseTime(from, 'from', timeZone)
    const toMs = to === undefined ? undefined : parseTime(to, 'to', timeZone)
    if (fromMs !== undefined && toMs !== undefined && fromMs > toMs)
      throw wrongParameter('to', 'a time after "from"')
    const visible = catalogue.datastreams
      .list(thing)
      .filter((known) => maySee(role, known) && (datastream === undefined || known.path === datastream))
    const [beforeMs, beforeId, beforeKind] = before?.split('.') ?? []
    const found = quality.find({
      datastreamIds: visible.map(({ id }) => id),
      ...(kind !== undefined && { kinds: [kind] }),
      fromMs,
      toMs,
      open: open === 'true',
      ...(beforeKind !== undefined && {
        before: { fromMs: Number(beforeMs), datastreamId: Number(beforeId), kind: beforeKind },
      }),
      limit: limit + 1,
    })
    const { page, next: more } = pageOf(c, found, limit, (last) => ({
      before: `${last.fromMs}.${last.datastreamId}.${last.kind}`,
    }))
    const about = page.flatMap((finding) => {
      const found = catalogue.datastreams.byId(finding.datastreamId)
      return found === undefined ? [] : [{ found, finding }]
    })
    await recordAccess(
      context,
      c.get('principal'),
      { action: 'access.quality', subject: datastream ?? thing ?? 'all' },
      about.map(({ found }) => found),
    )
    return c.json(
      {
        items: about.map(({ found: it, finding }) => discloseFinding(context, role, it, finding)),
        next: more,
      },
      200,
    )
  })
