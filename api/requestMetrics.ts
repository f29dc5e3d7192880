import type { MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'
import { routePath } from 'hono/route'
import { Histogram, type Registry } from 'prom-client'
import type { ApiEnv } from './env.ts'

const NAME = 'nadi_http_request_duration_seconds'

/** Counts and times each request by its route's template, never by its path: paths are without number. */
export const requestMetrics = (registry: Registry): MiddlewareHandler<ApiEnv> => {
  registry.removeSingleMetric(NAME)
  const duration = new Histogram({
    name: NAME,
    help: 'Time to the head of the answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  })
  return createMiddleware<ApiEnv>(async (c, next) => {
    const end = duration.startTimer()
    await next()
    end({
      method: METHODS.has(c.req.method) ? c.req.method : 'other',
      route: routePath(c, -1),
      status: c.res.status,
    })
  })
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
