import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { isThingPath } from '../../city/names.ts'
import { coversDatastream } from '../../city/labels.ts'
import { NadiError } from '../../city/errors.ts'
import type { KeptLabel } from '../../store/catalogue/catalogue.ts'
import { audited } from '../audit.ts'
import { requireRole } from '../auth.ts'
import { zoneOf } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { localTimeWriter, parseTime, wrongParameter } from '../localTime.ts'
import { askedTime, jsonBody, localTime, next, numberParams, PROBLEMS, query } from '../schemas.ts'

/** Most labels: they are looked through for each export. */
const MAX_LABELS = 10_000

const about = z
  .string()
  .refine(isThingPath, 'the path of a Thing or Datastream, like "library" or "library/energy"')
  .openapi({ example: 'library/energy' })

const label = z
  .object({
    id: z.number().int(),
    about: z.string(),
    from: localTime,
    to: localTime,
    reason: z.string(),
    createdAt: localTime,
    createdBy: z.string(),
  })
  .openapi('Label')

const guard = {
  middleware: requireRole('operator', 'scientist'),
  security: [{ bearer: [] }, { session: [] }],
}

const listRoute = createRoute({
  ...guard,
  method: 'get',
  path: '/v1/labels',
  summary: 'Periods that are marked as bad: left out of training, flagged in exports',
  request: { query: query({ about: about.optional() }) },
  responses: {
    200: {
      description: 'All labels, oldest first; with `about` those that concern it',
      content: { 'application/json': { schema: z.object({ items: z.array(label), next }) } },
    },
    ...PROBLEMS,
  },
})

const time = askedTime.openapi({ example: '2026-11-03T08:00:00+08:00' })

const addRoute = createRoute({
  ...guard,
  method: 'post',
  path: '/v1/labels',
  summary: 'Marks a period of a Datastream, or of all at and below a Thing, as bad',
  request: {
    query: query({}),
    body: jsonBody(
      z.strictObject({
        about,
        from: time,
        to: time.openapi({ description: 'Exclusive' }),
        reason: z.string().trim().min(1).max(200).openapi({ example: 'meter exchanged' }),
      }),
    ),
  },
  responses: {
    201: { description: 'The label as it is kept', content: { 'application/json': { schema: label } } },
    ...PROBLEMS,
  },
})

const removeRoute = createRoute({
  ...guard,
  method: 'delete',
  path: '/v1/labels/{id}',
  summary: 'Takes a label back',
  request: {
    params: numberParams('label'),
    query: query({}),
  },
  responses: { 204: { description: 'It is gone' }, ...PROBLEMS },
})

/** Labels: what people know of a period and no detector can. */
export const labelRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const { catalogue, city } = context
  const zoneAbout = (path: string): string => {
    const datastream = catalogue.datastreams.find(path) ?? catalogue.datastreams.list(path)[0]
    return datastream ? zoneOf(context, datastream) : city.timeZone
  }
  const toAnswer = ({ id, about: path, fromMs, toMs, reason, createdMs, createdBy }: KeptLabel) => {
    const write = localTimeWriter(zoneAbout(path))
    return {
      id,
      about: path,
      from: write(fromMs),
      to: write(toMs),
      reason,
      createdAt: localTimeWriter(city.timeZone)(createdMs),
      createdBy,
    }
  }
  return createRouter()
    .openapi(listRoute, (c) => {
      const wanted = c.req.valid('query').about
      const items = catalogue.labels
        .list()
        .filter(
          (kept) =>
            wanted === undefined ||
            coversDatastream(kept.about, wanted) ||
            coversDatastream(wanted, kept.about),
        )
      return c.json({ items: items.map(toAnswer), next: null }, 200)
    })
    .openapi(addRoute, (c) => {
      const asked = c.req.valid('json')
      const path = asked.about
      if (!catalogue.datastreams.find(path) && !catalogue.things.find(path)) {
        throw new NadiError(
          'not-found',
          `There is no Thing or Datastream "${path}". /v1/datastreams lists what there is.`,
        )
      }
      if (catalogue.labels.list().length >= MAX_LABELS) {
        throw new NadiError('conflict', `There are ${MAX_LABELS} labels already. Remove some, or join them.`)
      }
      const zone = zoneAbout(path)
      const fromMs = parseTime(asked.from, 'from', zone)
      const toMs = parseTime(asked.to, 'to', zone)
      if (fromMs >= toMs) throw wrongParameter('to', 'a time after "from"')
      const principal = c.get('principal')
      const kept = audited(
        context,
        principal,
        () =>
          catalogue.labels.add({
            about: path,
            fromMs,
            toMs,
            reason: asked.reason,
            createdMs: context.now(),
            createdBy: principal.id,
          }),
        ({ id, reason }) => ({
          action: 'label.add',
          subject: path,
          detail: { id, from: asked.from, to: asked.to, reason },
        }),
      )
      return c.json(toAnswer(kept), 201)
    })
    .openapi(removeRoute, (c) => {
      audited(
        context,
        c.get('principal'),
        () => catalogue.labels.remove(Number(c.req.valid('param').id)),
        ({ id, about: path, reason }) => ({ action: 'label.remove', subject: path, detail: { id, reason } }),
      )
      return c.body(null, 204)
    })
}
