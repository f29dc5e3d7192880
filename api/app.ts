import type { OpenAPIHono } from '@hono/zod-openapi'
import { compress } from 'hono/compress'
import { cors } from 'hono/cors'
import { csrf } from 'hono/csrf'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { Registry } from 'prom-client'
import { principalMiddleware } from './auth.ts'
import { bodyMiddleware } from './bodies.ts'
import { cachingMiddleware } from './caching.ts'
import { clientRateMiddleware } from './clientRate.ts'
import type { ApiContext } from './context.ts'
import { createRouter, type ApiEnv } from './env.ts'
import { createReliabilityReader } from './forecasts.ts'
import { importRoutes } from './import/routes.ts'
import { languageMiddleware } from './language.ts'
import { registerSecurity } from './openapi/document.ts'
import { registerImports } from './openapi/imports.ts'
import { createParticipation } from './participation.ts'
import { methodNotAllowedProblem, notFound, onError } from './problem.ts'
import { requestMetrics } from './requestMetrics.ts'
import { adminRoutes } from './routes/admin.ts'
import { docsRoutes } from './routes/docs.ts'
import { ROUTES } from './routes/index.ts'
import { securityMiddleware } from './security.ts'
import { webRoutes } from './web/routes.ts'

/**
 * The whole HTTP side as one function of a request: `api/server.ts` serves it, tests call `app.request(...)`.
 * The order below is the order in which a request meets it.
 */
export const createApi = (given: ApiContext): OpenAPIHono<ApiEnv> => {
  const metrics = given.metrics ?? new Registry()
  const context = {
    ...given,
    metrics,
    reliabilityOf: given.reliabilityOf ?? createReliabilityReader(given),
    participation: given.participation ?? createParticipation(given),
  }
  const app = createRouter()
  app.onError(onError(context.log))
  app.notFound(notFound)
  registerSecurity(app)

  app.use(requestMetrics(metrics))
  app.use(securityMiddleware())
  app.use('/v1/*', readableFromElsewhere())
  app.use('/openapi.json', readableFromElsewhere())
  app.use(compress())
  app.use(methodNotAllowed({ app, onMethodNotAllowed: methodNotAllowedProblem }))
  app.use(languageMiddleware(context))
  app.use(principalMiddleware(context))
  app.use(clientRateMiddleware(context.clientRate))
  const sameOrigin = csrf()
  // A key is never sent by a browser on its own, so a request that bears one cannot be forged.
  app.use((c, next) => (c.req.header('authorization') === undefined ? sameOrigin(c, next) : next()))
  app.use(bodyMiddleware)
  app.use('/v1/*', cachingMiddleware)

  for (const routes of ROUTES) app.route('/', routes(context))
  app.route('/', adminRoutes(context))
  app.route('/', importRoutes(context))
  registerImports(app)
  app.route('/', docsRoutes(app))
  app.route('/', webRoutes(context))
  return app
}

/** Open data may be read by every page; what changes something may not, and no cookie goes along. */
const readableFromElsewhere = () =>
  cors({
    origin: '*',
    allowMethods: ['GET', 'HEAD'],
    allowHeaders: ['Authorization', 'Last-Event-ID', 'If-None-Match'],
    exposeHeaders: ['ETag'],
    maxAge: 86_400,
  })
