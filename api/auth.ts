import { parse } from 'hono/utils/cookie'
import { createMiddleware } from 'hono/factory'
import type { MiddlewareHandler } from 'hono'
import { NadiError } from '../city/errors.ts'
import type { Role } from '../city/roles.ts'
import type { ApiContext } from './context.ts'
import type { ApiEnv, Principal } from './env.ts'

/**
 * Who asks. A key in `Authorization: Bearer`, else a session cookie, else everybody (`citizen`). What a role may do
 * stands at each route (`requireRole`) and, for readings, in `city/disclosure.ts`.
 */
export const SESSION_COOKIE = 'nadi_session'

export const ANONYMOUS: Principal = { id: 'anonymous', role: 'citizen' }

/**
 * The principal of a request's headers, for routes and upgrades alike. A wrong key is an error
 * (`unauthenticated`), an old session is nobody: a browser keeps cookies that nobody sent on purpose.
 */
export const authenticate = (
  { catalogue, now }: Pick<ApiContext, 'catalogue' | 'now'>,
  headers: { authorization?: string | undefined; cookie?: string | undefined },
): Principal => {
  if (headers.authorization !== undefined) {
    const key = /^Bearer +(\S+)$/i.exec(headers.authorization)?.[1]
    const record = key === undefined ? undefined : catalogue.keys.authenticate(key)
    if (!record) {
      throw new NadiError(
        'unauthenticated',
        'This key is not known or was revoked. Make one with "npx nadi keys add --role ROLE" and send it as "Authorization: Bearer KEY".',
      )
    }
    return { id: `key:${record.id}`, role: record.role }
  }
  const token = sessionToken(headers.cookie)
  const user = token === undefined ? undefined : catalogue.sessions.find(token, now())
  return user ? { id: user.name, role: user.role } : ANONYMOUS
}

/** The session's token in a `Cookie` header. */
export const sessionToken = (cookie: string | undefined): string | undefined =>
  cookie === undefined ? undefined : parse(cookie, SESSION_COOKIE)[SESSION_COOKIE]

/** Puts the principal on the request. */
export const principalMiddleware = (context: ApiContext): MiddlewareHandler<ApiEnv> =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const principal = authenticate(context, {
      authorization: c.req.header('authorization'),
      cookie: c.req.header('cookie'),
    })
    c.set('principal', principal)
    await next()
  })

/** True when the principal has one of the roles; an administrator may do all that others may. */
export const hasRole = ({ role }: Principal, roles: readonly Role[]): boolean =>
  role === 'administrator' || roles.includes(role)

/** A route's guard: 401 without a login, 403 with the wrong role. */
export const requireRole = (...roles: readonly Role[]): MiddlewareHandler<ApiEnv> =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const principal = c.get('principal')
    if (!hasRole(principal, roles)) throw refusal(principal, roles)
    await next()
  })

/** The error for a principal that lacks the roles, naming them. */
export const refusal = (principal: Principal, roles: readonly Role[]): NadiError =>
  principal === ANONYMOUS
    ? new NadiError('unauthenticated', 'Log in at /login, or send a key as "Authorization: Bearer KEY".')
    : new NadiError(
        'forbidden',
        `This needs the role ${roles.join(' or ') || 'administrator'}; yours is ${principal.role}.`,
      )
