import type { Context } from 'hono'
import { deleteCookie, setCookie } from 'hono/cookie'
import { SESSION_COOKIE, sessionToken } from './auth.ts'
import type { ApiContext } from './context.ts'

const SESSION_MS = 12 * 3_600_000

/** Opens a session for a person who has just proved to be one, in a cookie that scripts and other sites cannot use. */
export const openSession = (c: Context, context: ApiContext, userName: string): void => {
  const token = context.catalogue.sessions.open(userName, context.now() + SESSION_MS)
  setCookie(c, SESSION_COOKIE, token, { ...cookieOptions(c), maxAge: SESSION_MS / 1000 })
}

/** Ends the session of this request, here and in the browser. */
export const closeSession = (c: Context, { catalogue }: ApiContext): void => {
  const token = sessionToken(c.req.header('cookie'))
  if (token !== undefined) catalogue.sessions.close(token)
  deleteCookie(c, SESSION_COOKIE, cookieOptions(c))
}

const cookieOptions = (c: Context) => ({
  path: '/',
  httpOnly: true,
  sameSite: 'Lax' as const,
  secure: new URL(c.req.url).protocol === 'https:',
})

/** A place on this site to go on to: a path, never another site's address. */
export const safeNext = (next: string | undefined): string =>
  next !== undefined && /^\/(?![/\\])[\w\-./?=&%:]*$/.test(next) ? next : '/ops'
