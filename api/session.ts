import type { Context } from 'hono'
import { deleteCookie, setCookie } from 'hono/cookie'
import { audited } from './audit.ts'
import { SESSION_COOKIE, sessionToken } from './auth.ts'
import type { ApiContext } from './context.ts'
import type { ApiEnv } from './env.ts'

const SESSION_MS = 12 * 3_600_000

/**
 * Opens a session for a person who has just proved to be one, in a cookie that scripts and other sites cannot use.
 * `alongside` runs in the same transaction.
 */
export const openSession = (
  c: Context,
  context: ApiContext,
  userName: string,
  alongside: () => void,
): void => {
  const { catalogue } = context
  const token = catalogue.transaction(() => {
    alongside()
    return catalogue.sessions.open(userName, context.now() + SESSION_MS)
  })
  setCookie(c, SESSION_COOKIE, token, { ...cookieOptions(c), maxAge: SESSION_MS / 1000 })
}

/** Ends the session of this request, here and in the browser. */
export const closeSession = (c: Context<ApiEnv>, context: ApiContext): void => {
  const token = sessionToken(c.req.header('cookie'))
  const person = token === undefined ? undefined : context.catalogue.sessions.find(token, context.now())
  if (token !== undefined && person) {
    audited(
      context,
      { id: person.name, role: person.role },
      () => context.catalogue.sessions.close(token),
      () => ({ action: 'logout', subject: person.name }),
    )
  }
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
