import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiEnv } from '../env.ts'

/** What a path's operations are listed under. */
const TAGS: readonly (readonly [start: string, tag: string])[] = [
  ['/v1/buildings', 'Buildings'],
  ['/v1/shared-offices', 'Buildings'],
  ['/v1/datastreams', 'Readings'],
  ['/v1/series', 'Readings'],
  ['/v1/stream', 'Readings'],
  ['/v1/votes', 'Votes and reports'],
  ['/v1/reports', 'Votes and reports'],
  ['/v1/notices', 'Operators'],
  ['/v1/models', 'Models'],
  ['/v1/trainings', 'Models'],
  ['/v1/', 'Administration'],
  ['/', 'Health of the city'],
]

/** The OpenAPI 3.1 document of all routes, from their own schemas. */
export const openApiDocument = (app: OpenAPIHono<ApiEnv>) => {
  const document = describe(app)
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    const tag = TAGS.find(([start]) => path.startsWith(start))?.[1]
    for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
      const operation = operations[method]
      if (operation && tag !== undefined) operation.tags = [tag]
    }
  }
  return document
}

const describe = (app: OpenAPIHono<ApiEnv>) =>
  app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Nadi',
      version: '1',
      description:
        'The pulse of a city’s buildings. Without a login: buildings, their comfort and energy, people as levels and rounded counts. Times carry their local offset; lists page by `next`; errors are RFC 9457 problems.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{}, { bearer: [] }, { session: [] }],
  })

/** Names how one logs in; routes that need it refer to these. */
export const registerSecurity = (app: OpenAPIHono<ApiEnv>): void => {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'A key made by `npx nadi keys add --role ROLE`',
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'nadi_session',
    description: 'A person’s session, opened at /login',
  })
}
