import { Readable } from 'node:stream'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import {
  covariateFor,
  datastreamMatcher,
  isCovariate,
  isDatastreamPattern,
} from '../../city/datastreamPattern.ts'
import { maySee } from '../../city/disclosure.ts'
import { NadiError } from '../../city/errors.ts'
import type { Datastream } from '../../store/catalogue/catalogue.ts'
import { recordAccess } from '../audit.ts'
import { refusal, requireRole } from '../auth.ts'
import { zoneOf } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv, type Principal } from '../env.ts'
import { exportColumns } from '../export/columns.ts'
import { type ExportFormat, writeExport } from '../export/exportFile.ts'
import type { ExportRows } from '../export/rows.ts'
import { type ExportQuestion, fromSnapshotId, MAX_SNAPSHOT_LENGTH } from '../export/snapshotId.ts'
import { parseTime, wrongParameter } from '../localTime.ts'
import { PROBLEMS, askedBucket, askedTime, query } from '../schemas.ts'

const MS_PER_DAY = 86_400_000
const MAX_COVARIATES = 20
/** Exports that are written at once: each takes a core of the machine for a while. */
const MAX_AT_ONCE = 2

const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/jsonl',
  parquet: 'application/vnd.apache.parquet',
}

const exportRoute = createRoute({
  method: 'get',
  path: '/v1/export',
  summary: 'Readings of many Datastreams with flags and covariates, as one file with the name of its data',
  description:
    'The header `nadi-snapshot` names exactly these data: asked for as `snapshot`, they come again, or a problem says that they have changed. Numbers of people come as the role may have them.',
  middleware: requireRole('operator', 'scientist'),
  security: [{ bearer: [] }, { session: [] }],
  request: {
    query: query({
      datastreams: z.string().refine(isDatastreamPattern, 'a path, or one with stars').optional().openapi({
        description:
          'A Datastream, a Thing (all at and below it), or a pattern: `*` within a segment, `**` across',
        example: '*/energy',
      }),
      from: askedTime.optional().openapi({ description: 'Inclusive; a day before `to` when absent' }),
      to: askedTime.optional().openapi({ description: 'Exclusive; now when absent' }),
      bucket: askedBucket.optional(),
      covariates: z.string().max(4_000).optional().openapi({
        description:
          'Columns beside the rows, joined by commas: Datastreams, or properties of each row’s own building; with buckets only',
        example: 'outdoor-temperature,occupancy',
      }),
      snapshot: z.string().max(MAX_SNAPSHOT_LENGTH).optional().openapi({
        description: 'In place of all the others but `format`: exactly the data of that export',
      }),
      format: z.enum(['csv', 'jsonl', 'parquet']).default('csv'),
    }),
  },
  responses: {
    200: {
      description: 'The file: rows by Datastream, then by time',
      content: {
        'text/csv': { schema: z.string() },
        'application/jsonl': { schema: z.string() },
        'application/vnd.apache.parquet': { schema: z.string().openapi({ format: 'binary' }) },
      },
    },
    ...PROBLEMS,
  },
})

/** Exports: the past as data scientists want it. */
export const exportRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  let running = 0
  return createRouter().openapi(exportRoute, async (c) => {
    const { snapshot, format, ...asked } = c.req.valid('query')
    const principal = c.get('principal')
    const expected = snapshot === undefined ? undefined : fromSnapshotId(snapshot)
    const { lang: _, ...others } = asked
    if (expected && Object.values(others).some((value) => value !== undefined)) {
      throw wrongParameter('snapshot', 'alone: it tells Datastreams, times, buckets and covariates itself')
    }
    const question = expected?.question ?? questionOf(context, asked)
    const datastreams = datastreamsOf(context, principal, question.pattern)
    const covariatesOf = covariatesFor(context, principal, question, datastreams)
    await recordAccess(
      context,
      principal,
      { action: 'access.export', subject: question.pattern },
      [...datastreams, ...datastreams.flatMap(covariatesOf)].flatMap((it) => it ?? []),
    )
    if (running >= MAX_AT_ONCE) {
      throw new NadiError('rate-limited', `${MAX_AT_ONCE} exports are being written. Try again in a minute.`)
    }
    running += 1
    try {
      const rows = { question, role: principal.role, datastreams, covariatesOf, signal: c.req.raw.signal }
      const file = await writeExport(context, rows, { format, expected })
      const headers = {
        'content-type': CONTENT_TYPES[format],
        'content-disposition': `attachment; filename="nadi-export.${format}"`,
        // What waits on the disk should leave as it is read; and whose it is may not be kept on the way.
        'cache-control': 'no-store, no-transform',
        'nadi-snapshot': file.snapshot,
        'nadi-rows': String(file.rows),
      }
      if (c.req.method === 'HEAD') {
        // Nobody would read the file, and what is not read is not closed.
        await file.handle.close()
        return c.body(null, 200, headers)
      }
      // Unlike an iterator's, this stream's cancel closes the file before the first byte is read, too.
      const body = Readable.toWeb(file.handle.createReadStream()) as ReadableStream
      return c.body(body, 200, headers)
    } finally {
      running -= 1
    }
  })
}

interface Asked {
  datastreams?: string | undefined
  from?: string | undefined
  to?: string | undefined
  bucket?: string | undefined
  covariates?: string | undefined
}

const questionOf = (context: ApiContext, asked: Asked): ExportQuestion => {
  const { datastreams: pattern, bucket = 'raw' } = asked
  if (pattern === undefined) throw wrongParameter('datastreams', 'a path or pattern, or give a snapshot')
  const covariates = asked.covariates === undefined ? [] : asked.covariates.split(',')
  const columns = new Set(exportColumns(bucket, []).map(({ name }) => name))
  const isWrong = (name: string): boolean => !isCovariate(name) || columns.has(name)
  if (covariates.length > MAX_COVARIATES || covariates.some(isWrong)) {
    throw wrongParameter(
      'covariates',
      `at most ${MAX_COVARIATES} Datastreams or properties, joined by commas; no names of columns`,
    )
  }
  if (covariates.length > 0 && bucket === 'raw') {
    throw wrongParameter('covariates', 'absent, or beside a bucket like 1h: readings have no common times')
  }
  const matches = datastreamMatcher(pattern)
  const first = context.catalogue.datastreams.list().find(({ path }) => matches(path))
  const zone = first ? zoneOf(context, first) : context.city.timeZone
  // Readings may be stamped up to a day ahead, and are part of what "all until now" means to whoever sent them.
  const latestMs = context.now() + (bucket === 'raw' ? MS_PER_DAY : 0)
  const toMs = asked.to === undefined ? latestMs : parseTime(asked.to, 'to', zone)
  const fromMs =
    asked.from === undefined
      ? Math.max(0, Math.min(toMs, context.now()) - MS_PER_DAY)
      : parseTime(asked.from, 'from', zone)
  if (fromMs > toMs) throw wrongParameter('to', 'a time after "from"')
  return { pattern, fromMs, toMs, bucket, covariates }
}

/** Those that a pattern names. What the role may not see is left out, and refused when it is all there is. */
const datastreamsOf = (context: ApiContext, principal: Principal, pattern: string): Datastream[] => {
  const matches = datastreamMatcher(pattern)
  const named = context.catalogue.datastreams.list().filter(({ path }) => matches(path))
  const visible = named.filter((it) => maySee(principal.role, it))
  if (named.length > 0 && visible.length === 0) throw refusal(principal, ['operator'])
  if (visible.length === 0) {
    throw new NadiError(
      'not-found',
      `There is no Datastream "${pattern}". /v1/datastreams lists what there is.`,
    )
  }
  return visible
}

/** What stands beside the rows; throws for a name that the role may not see, or that none of the buildings has. */
const covariatesFor = (
  { catalogue }: ApiContext,
  principal: Principal,
  { covariates }: ExportQuestion,
  datastreams: readonly Datastream[],
): ExportRows['covariatesOf'] => {
  for (const name of covariates) {
    const paths = datastreams.map(({ path }) => covariateFor(name, path))
    const isTold = (path: string): boolean =>
      maySee(principal.role, catalogue.datastreams.find(path) ?? { path, unit: undefined, kind: 'instant' })
    if (!paths.some(isTold)) throw refusal(principal, ['operator'])
    if (paths.some((path) => catalogue.datastreams.find(path))) continue
    throw new NadiError('not-found', `There is no Datastream "${name}" to stand beside the rows.`)
  }
  return ({ path }) =>
    covariates.map((name) => {
      const found = catalogue.datastreams.find(covariateFor(name, path))
      return found && maySee(principal.role, found) ? found : undefined
    })
}
