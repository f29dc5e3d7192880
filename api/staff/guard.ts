import { createMiddleware } from 'hono/factory'
import type { MiddlewareHandler } from 'hono'
import type { Role } from '../../city/roles.ts'
import { hasRole, refusal } from '../auth.ts'
import type { ApiEnv } from '../env.ts'

/** The guard of a page for people who work here: nobody is sent to log in and back to `path`, others are refused. */
export const staffOnly = (path: string, ...roles: readonly Role[]): MiddlewareHandler<ApiEnv> =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const principal = c.get('principal')
    if (principal.role === 'citizen') return c.redirect(`/login?next=${path}`, 303)
    if (!hasRole(principal, roles)) throw refusal(principal, roles)
    return next()
  })
