import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { NadiError } from '../../city/errors.ts'
import { coversDatastream } from '../../city/labels.ts'
import { buildingOf, isThingPath } from '../../city/names.ts'
import type { Datastream } from '../../store/catalogue/catalogue.ts'
import { audited } from '../audit.ts'
import { requireRole } from '../auth.ts'
import { zoneOf } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { localTimeWriter, parseTime, wrongParameter } from '../localTime.ts'
import { askedTime, jsonBody, localTime, PROBLEMS, query } from '../schemas.ts'

const MOST_FINDINGS = 1_000

const time = askedTime.openapi({ example: '2026-11-03T08:00:00+08:00' })
const about = z
  .string()
  .refine(isThingPath, 'the path of a Thing or Datastream, like "library" or "library/occupancy"')
  .openapi({ example: 'library/occupancy' })

const eraseRoute = createRoute({
  method: 'post',
  path: '/v1/erasures',
  tags: ['administration'],
  summary: 'Erases what was measured of a Thing or Datastream in a period, for good',
  description:
    'Readings and their sums, findings of quality, and forecasts issued since the period began. What a spool or a file still holds of it is acknowledged and not taken in again. Where `NADI_RAW_DAYS` has dropped readings, only hours that the period holds whole. Asked again after a failure, it goes on.',
  middleware: requireRole('administrator'),
  security: [{ bearer: [] }, { session: [] }],
  request: {
    query: query({}),
    body: jsonBody(z.strictObject({ about, from: time, to: time.openapi({ description: 'Exclusive' }) })),
  },
  responses: {
    200: {
      description: 'What was erased',
      content: {
        'application/json': {
          schema: z
            .object({
              about: z.string(),
              from: localTime,
              to: localTime,
              datastreams: z.number().int(),
              readings: z.number().int(),
              forecasts: z.number().int(),
            })
            .openapi('Erasure'),
        },
      },
    },
    ...PROBLEMS,
  },
})

/** Erasure: what must not be known any more. */
export const erasureRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> =>
  createRouter().openapi(eraseRoute, async (c) => {
    const asked = c.req.valid('json')
    const { catalogue, observations, forecasts } = context
    const datastreams = catalogue.datastreams.list().filter(({ path }) => coversDatastream(asked.about, path))
    const [first] = datastreams
    if (!first) {
      throw new NadiError(
        'not-found',
        `There is no Thing or Datastream "${asked.about}". /v1/datastreams lists what there is.`,
      )
    }
    const zone = zoneOf(context, first)
    const fromMs = parseTime(asked.from, 'from', zone)
    const toMs = parseTime(asked.to, 'to', zone)
    if (fromMs >= toMs) throw wrongParameter('to', 'a time after "from"')
    // First, and durably: from now on nothing of it comes in again, and a crash leaves behind what was asked for.
    audited(
      context,
      c.get('principal'),
      () => catalogue.erasures.add({ about: asked.about, fromMs, toMs }),
      () => ({ action: 'readings.erase', subject: asked.about, detail: { from: asked.from, to: asked.to } }),
    )
    let readings = 0
    for (const datastream of datastreams) {
      readings += await observations.deleteRange({ datastreamId: datastream.id, fromMs, toMs })
      eraseFindings(context, datastream, { fromMs, toMs })
    }
    const write = localTimeWriter(zone)
    return c.json(
      {
        about: asked.about,
        from: write(fromMs),
        to: write(toMs),
        datastreams: datastreams.length,
        readings,
        forecasts: forecasts.removeSince(buildingOf(first.path), fromMs),
      },
      200,
    )
  })

const eraseFindings = (
  { quality }: Pick<ApiContext, 'quality'>,
  { id: datastreamId }: Datastream,
  range: { fromMs: number; toMs: number },
): void => {
  for (;;) {
    const found = quality.find({ datastreamIds: [datastreamId], ...range, limit: MOST_FINDINGS })
    quality.change(
      found.map(({ kind, fromMs }) => ({ datastreamId, drop: [kind], fromMs, toMs: fromMs + 1 })),
    )
    if (found.length < MOST_FINDINGS) return
  }
}
