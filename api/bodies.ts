import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { NadiError } from '../city/errors.ts'
import { hasRole } from './auth.ts'
import type { ApiEnv } from './env.ts'

/** What a body may be before any route reads it. */
export const MAX_BODY_BYTES = 64 * 1024
export const MAX_JSON_DEPTH = 32

/** Addresses whose bodies an administrator streams; nobody else's body is read there. */
const STREAMED = /^\/v1\/(?:imports|backups?)(?:\/|$)/

const limit = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new NadiError('too-large', `A body may have ${MAX_BODY_BYTES} bytes. Send less at a time.`)
  },
})

/** 413 above 64 KB (bytes, not characters), 400 for JSON that is nested too deeply. */
export const bodyMiddleware: MiddlewareHandler<ApiEnv> = createMiddleware<ApiEnv>(async (c, next) => {
  if (STREAMED.test(c.req.path) && hasRole(c.get('principal'), [])) return next()
  await limit(c, async () => {
    if (c.req.header('content-type')?.includes('json') && depthOf(await c.req.text()) > MAX_JSON_DEPTH) {
      throw new NadiError('invalid-input', `JSON may be nested ${MAX_JSON_DEPTH} deep. Send it flatter.`)
    }
    await next()
  })
})

/**
 * How deeply a JSON text nests; a text that is no JSON gives some number, and the parser refuses it later. One pass
 * from character to character: a hostile text costs no more than an honest one of its length.
 */
export const depthOf = (text: string): number => {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i]
    if (inString && character === '\\') i += 1
    else if (character === '"') inString = !inString
    else if (inString) continue
    else if (character === '{' || character === '[') deepest = Math.max(deepest, (depth += 1))
    else if (character === '}' || character === ']') depth -= 1
  }
  return deepest
}
