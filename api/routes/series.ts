import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { parseBucket } from '../../city/buckets.ts'
import { type Access, accessOf, discloseValue } from '../../city/disclosure.ts'
import { NadiError } from '../../city/errors.ts'
import type { Datastream } from '../../store/catalogue/catalogue.ts'
import { recordAccess } from '../audit.ts'
import { refusal } from '../auth.ts'
import { bucketPageEndMs } from '../bucketPage.ts'
import { capacityOf, isDemonstration, zoneOf } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { DEMONSTRATION_NOTICE } from '../language.ts'
import { localTimeWriter, parseTime, wrongParameter } from '../localTime.ts'
import { nextPage } from '../paging.ts'
import { discloseFinding } from '../quality.ts'
import {
  PROBLEMS,
  askedBucket,
  askedTime,
  datastreamPath,
  demonstrationMark,
  localTime,
  next,
  qualityFinding,
  query,
  wholeNumber,
} from '../schemas.ts'
import { readToldBuckets } from '../toldBuckets.ts'

/** Items a page when nothing is asked, and at most. */
const DEFAULT_LIMIT = 5_000
const MAX_LIMIT = 20_000
const MOST_OF_PEOPLE = 4_000
const MS_PER_DAY = 86_400_000
/** Findings beside a page at most; /v1/quality has them all. */
const MAX_FINDINGS = 1_000

const people = {
  level: z.enum(['quiet', 'moderate', 'busy', 'unknown']).optional(),
  suppressed: z.boolean().optional(),
}

const rawItem = z.object({ time: localTime, value: z.number().nullable(), ...people }).openapi('RawItem')

const statistic = z.number().nullable()

const bucketItem = z
  .object({
    start: localTime,
    end: localTime,
    mean: statistic,
    min: statistic,
    max: statistic,
    sum: statistic.openapi({ description: 'An interval’s amount, a counter’s consumption' }),
    count: z.number().int(),
    last: statistic,
    measured: z.number().openapi({ description: 'Share of the bucket that data cover, 0 to 1' }),
    ...people,
  })
  .openapi('BucketItem')

const time = askedTime.openapi({
  description:
    'ISO 8601 with an offset; without one local to the building; a date alone is its local midnight',
})

const seriesRoute = createRoute({
  method: 'get',
  path: '/v1/series',
  summary: 'What a Datastream measured, raw or by buckets of local time',
  request: {
    query: query({
      datastream: datastreamPath,
      from: time.optional().openapi({ description: 'Inclusive; a day before `to` when absent' }),
      to: time.optional().openapi({ description: 'Exclusive; now when absent' }),
      bucket: askedBucket.default('raw'),
      limit: wholeNumber(1, MAX_LIMIT, DEFAULT_LIMIT),
    }),
  },
  responses: {
    200: {
      description: 'Items ascending by time',
      content: {
        'application/json': {
          schema: z.object({
            datastream: z.string(),
            property: z.string(),
            unit: z.string(),
            kind: z.enum(['instant', 'interval', 'counter']),
            timezone: z.string(),
            bucket: z.string(),
            ...demonstrationMark,
            quality: z
              .array(qualityFinding)
              .openapi({ description: 'Findings that touch this page, newest first, at most 1000' }),
            items: z.union([z.array(rawItem), z.array(bucketItem)]),
            next,
          }),
        },
      },
    },
    ...PROBLEMS,
  },
})

/** What one answer is made of. */
interface Question {
  datastream: Datastream
  access: Access
  capacityPeople: number | undefined
  timeZone: string
  fromMs: number
  toMs: number
  limit: number
}

/** Series: a Datastream's past. */
export const seriesRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> =>
  createRouter().openapi(seriesRoute, async (c) => {
    const asked = c.req.valid('query')
    const principal = c.get('principal')
    const datastream = context.catalogue.datastreams.find(asked.datastream)
    const observed = datastream ?? { path: asked.datastream, unit: undefined, kind: 'instant' as const }
    const access = accessOf(principal.role, observed)
    // The same of one that is not there: whether a reserved Datastream exists is not told either.
    if (access === 'none') {
      const toScientists = accessOf('scientist', observed) !== 'none'
      throw refusal(principal, toScientists ? ['operator', 'scientist'] : ['operator'])
    }
    if (!datastream) {
      throw new NadiError(
        'not-found',
        `There is no Datastream "${asked.datastream}". /v1/datastreams lists what there is.`,
      )
    }
    const timeZone = zoneOf(context, datastream)
    const raw = asked.bucket === 'raw'
    // Raw readings may be stamped up to a day ahead, and are part of what "all until now" means to whoever sent them.
    const latestMs = context.now() + (raw ? MS_PER_DAY : 0)
    const toMs = asked.to === undefined ? latestMs : parseTime(asked.to, 'to', timeZone)
    const fromMs =
      asked.from === undefined
        ? Math.max(0, Math.min(toMs, context.now()) - MS_PER_DAY)
        : parseTime(asked.from, 'from', timeZone)
    if (fromMs > toMs) throw wrongParameter('to', 'a time after "from"')
    const question: Question = {
      datastream,
      access,
      capacityPeople: capacityOf(context, asked.datastream),
      timeZone,
      fromMs,
      toMs,
      limit: asked.limit,
    }
    const { path } = datastream
    const [{ items, nextFromMs }] = await Promise.all([
      raw ? readRaw(context, question) : readBuckets(context, question, asked.bucket),
      recordAccess(context, principal, { action: 'access.series', subject: path }, [datastream]),
    ])
    const demonstration = isDemonstration(context, datastream.path)
    const quality = context.quality
      .find({ datastreamIds: [datastream.id], fromMs, toMs: nextFromMs ?? toMs, limit: MAX_FINDINGS })
      .map((finding) => discloseFinding(context, principal.role, datastream, finding))
    return c.json(
      {
        datastream: datastream.path,
        property: datastream.property,
        unit: datastream.unit,
        kind: datastream.kind,
        timezone: timeZone,
        bucket: asked.bucket,
        demonstration,
        ...(demonstration && { notice: DEMONSTRATION_NOTICE[c.get('language')] }),
        quality,
        items,
        next:
          nextFromMs === undefined
            ? null
            : nextPage(c, { from: new Date(nextFromMs).toISOString(), to: new Date(toMs).toISOString() }),
      },
      200,
    )
  })

const readRaw = async (
  { observations }: ApiContext,
  { datastream, access, capacityPeople, timeZone, fromMs, toMs, limit }: Question,
) => {
  const samples = await observations.raw({ datastreamId: datastream.id, fromMs, toMs, limit: limit + 1 })
  const write = localTimeWriter(timeZone)
  const items = samples.slice(0, limit).map(({ timeMs, value }) => ({
    time: write(timeMs),
    ...discloseValue(access, value, capacityPeople),
  }))
  return { items, nextFromMs: samples[limit]?.timeMs }
}

const readBuckets = async (
  context: ApiContext,
  { datastream, ...question }: Question,
  bucketText: string,
) => {
  const bucket = parseBucket(bucketText)
  const { fromMs, toMs, timeZone } = question
  // Hours of people are read for each of their days.
  const limit = question.access === 'levels' ? Math.min(question.limit, MOST_OF_PEOPLE) : question.limit
  const pageEndMs = bucketPageEndMs({ fromMs, toMs, limit, bucket, timeZone })
  const rows = await readToldBuckets(context, datastream, { ...question, bucket, toMs: pageEndMs })
  const write = localTimeWriter(timeZone)
  const items = rows.map(({ startMs, endMs, ...told }) => ({
    start: write(startMs),
    end: write(endMs),
    ...told,
  }))
  return { items, nextFromMs: pageEndMs < toMs ? pageEndMs : undefined }
}
