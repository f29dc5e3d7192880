import { hash } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'
import { etag } from 'hono/etag'
import type { ApiEnv } from './env.ts'

const tag = etag({ weak: true })

/** Answers without end, or too large to be read twice. */
const NOT_TAGGED = /^\/v1\/(?:stream|imports|export|backups|models\/[^/]+\/file)(?:\/|$)/

/**
 * Readings change by the second, so an answer may be kept but is asked for again (`no-cache`) with its `ETag`; what a
 * login or key may see stays with that reader (`private`).
 */
export const cachingMiddleware: MiddlewareHandler<ApiEnv> = createMiddleware<ApiEnv>(async (c, next) => {
  const answer = async (): Promise<void> => {
    await next()
    if (!c.res.headers.has('cache-control')) {
      const who = c.get('principal').role === 'citizen' ? 'public' : 'private'
      c.header('Cache-Control', `${who}, no-cache`)
    }
    c.header('Vary', 'Accept-Language, Authorization, Cookie', { append: true })
  }
  if (NOT_TAGGED.test(c.req.path)) return answer()
  await tag(c, async () => {
    await answer()
    if (c.res.ok && c.req.method === 'GET') await putTag(c)
  })
})

/**
 * Reads the answer once, at once: made by Hono's middleware, its tag would come from another thread, and without a
 * length every small answer would be compressed and sent in pieces.
 */
const putTag = async (c: Context<ApiEnv>): Promise<void> => {
  const { status, headers, body } = c.res
  if (!body || headers.has('etag')) return
  const bytes = await c.res.bytes()
  headers.set('ETag', `W/"${hash('sha1', bytes, 'base64url')}"`)
  headers.set('Content-Length', String(bytes.length))
  // Taken away first: otherwise Hono would join the two.
  c.res = undefined
  c.res = new Response(bytes, { status, headers })
}
