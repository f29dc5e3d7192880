import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { stream } from 'hono/streaming'
import { z } from 'zod'
import { NadiError } from '../../city/errors.ts'
import { importFlags } from '../../city/mapping/flags.ts'
import { readMapping } from '../../city/mapping/readMapping.ts'
import { actorOf } from '../audit.ts'
import { requireRole } from '../auth.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { refuseInvalid, toProblem } from '../problem.ts'
import { runImport, type ImportJob } from './job.ts'

/**
 * `POST /v1/imports?filename=NAME&...` (administrator): loads a table of readings. The body is the file as it is,
 * plain or gzip, of any length. The query says how to read it, in one of two ways:
 *
 * - `building`, `property` and optionally `unit`, `kind`, `timezone`: a wide file, each column a Thing below the
 *   building; or
 * - `mapping`: the text of a mapping file, as it is or in base64url, and optionally `mappingname`, what its errors call it.
 *
 * What is wrong with the query is answered as a problem. Once the body has arrived the answer is 200 and
 * `application/x-ndjson`, a line at a time:
 *
 *     {"progress": {"rows", "read", "stored", "repeated", "rejected"}}       at most a few a second
 *     {"result": {"read", "stored", "repeated", "rejected": [{"line", "series", "reason"}], "rejectedCount",
 *                 "findings": [{"code", "series"?, "message", "count", "firstLine"?}], "created": [building]}}
 *
 * or, instead of the result, `{"error": PROBLEM}`; what was stored before stays, and sending the file again only
 * counts it as repeated. `read` = `stored` + `repeated` + `rejectedCount`; `rejected` holds the first 10,000.
 * A caller that goes away ends its import.
 */
export const importRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const router = createRouter()
  let running = 0
  router.post('/v1/imports', requireRole('administrator'), async (c) => {
    const { fileName, how } = parseQuery(c.req.query())
    if (running >= MAX_RUNNING) throw busy()
    context.catalogue.audit.record({
      actor: actorOf(c.get('principal')),
      action: 'import',
      subject: fileName,
      detail:
        'flags' in how ? { building: how.flags.building, property: how.flags.property } : { mapping: true },
    })
    running += 1
    const scratch = path.join(context.scratchDir, `import-${randomUUID()}`)
    const numbered = `${scratch}.numbered`
    const end = async (): Promise<void> => {
      running -= 1
      await Promise.all([scratch, numbered].map((file) => rm(file, { force: true })))
    }
    try {
      await mkdir(context.scratchDir, { recursive: true })
      await receive(c, scratch)
    } catch (error) {
      await end()
      throw error
    }
    c.header('content-type', 'application/x-ndjson')
    // Progress must leave as it comes, so nothing on the way may gather it for compression.
    c.header('cache-control', 'no-store, no-transform')
    return stream(c, async (out) => {
      const gone = new AbortController()
      out.onAbort(() => gone.abort())
      const line = async (message: object): Promise<void> => {
        await out.write(`${JSON.stringify(message)}\n`)
      }
      const progress = throttled(
        () => context.now(),
        (message) => void line({ progress: message }),
      )
      try {
        const signal = AbortSignal.any([gone.signal, c.req.raw.signal])
        const result = await runImport(context, {
          path: scratch,
          scratchPath: numbered,
          fileName,
          how,
          signal,
          onProgress: progress,
        })
        await line({ result })
      } catch (error) {
        const problem = toProblem(error)
        if (!gone.signal.aborted && problem.status >= 500)
          context.log.error({ err: error }, 'an import failed')
        await line({ error: problem })
      } finally {
        await end()
      }
    })
  })
  return router
}

const MAX_RUNNING = 2
const PROGRESS_EVERY_MS = 300
const MAX_UPLOAD_BYTES = 8 * 1024 ** 3

const querySchema = z
  .object({
    filename: z.string().min(1).max(255).default('the file'),
    mapping: z.string().min(1).optional(),
    mappingname: z.string().min(1).max(255).default('mapping.yaml'),
    lang: z.enum(['id', 'en']).optional(),
    ...importFlags.partial().shape,
  })
  .strict()

/** Throws `invalid-input` naming each wrong parameter. */
const parseQuery = (query: Record<string, string>): Pick<ImportJob, 'fileName' | 'how'> => {
  const parsed = querySchema.safeParse(query)
  if (!parsed.success) {
    refuseInvalid({ success: false, error: parsed.error, target: 'query' })
    throw parsed.error
  }
  const { filename, mapping, mappingname, lang: _lang, ...flags } = parsed.data
  if (mapping === undefined) {
    const complete = importFlags.safeParse(flags)
    if (complete.success) return { fileName: filename, how: { flags: complete.data } }
    throw new NadiError(
      'invalid-input',
      'Say how to read the file: building and property for a wide table, or mapping for any other.',
    )
  }
  const both = Object.entries(flags).find(([, value]) => value !== undefined)
  if (both) {
    throw new NadiError('invalid-input', `Give a mapping or ${both[0]}, not both: the mapping has its own.`)
  }
  // A mapping has a colon, so what has none is its base64url form.
  const text = /^[A-Za-z0-9_-]+$/.test(mapping) ? Buffer.from(mapping, 'base64url').toString('utf8') : mapping
  return { fileName: filename, how: { mapping: readMapping(text, mappingname) } }
}

/** Streams the body into the scratch file, in as little memory as one chunk. */
const receive = async (c: Context<ApiEnv>, file: string): Promise<void> => {
  const { body } = c.req.raw
  if (!body) throw new NadiError('invalid-input', 'The body is empty: send the file as it is.')
  let length = 0
  await pipeline(
    Readable.fromWeb(body),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        length += chunk.length
        if (length > MAX_UPLOAD_BYTES) {
          throw new NadiError('too-large', `A file may have ${MAX_UPLOAD_BYTES} bytes. Send it in parts.`)
        }
        yield chunk
      }
    },
    createWriteStream(file, { mode: 0o600 }),
  )
}

/** Lets the first call and then at most one in `PROGRESS_EVERY_MS` through. */
const throttled = <T>(now: () => number, tell: (message: T) => void): ((message: T) => void) => {
  let lastMs = Number.NEGATIVE_INFINITY
  return (message) => {
    const nowMs = now()
    if (nowMs - lastMs < PROGRESS_EVERY_MS) return
    lastMs = nowMs
    tell(message)
  }
}

const busy = (): NadiError =>
  new NadiError('rate-limited', `${MAX_RUNNING} imports run already. Try again when one has ended.`)
