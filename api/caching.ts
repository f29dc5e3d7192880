import type { MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'
import { etag } from 'hono/etag'
import type { ApiEnv } from './env.ts'

const tag = etag({ weak: true })

/** Answers without end, or too large to be read twice. */
const NOT_TAGGED = /^\/v1\/(?:stream|imports|exports|backups?)(?:\/|$)/

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
  await (NOT_TAGGED.test(c.req.path) ? answer() : tag(c, answer))
})
