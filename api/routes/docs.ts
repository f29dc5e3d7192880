import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { OpenAPIHono } from '@hono/zod-openapi'
import { html } from 'hono/html'
import { createRouter, type ApiEnv } from '../env.ts'
import { openApiDocument } from '../openapi/document.ts'

/** The files of the documentation page, all our own or from the installed package: nothing comes from outside. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
}
const CACHE = 'public, max-age=86400'

const INIT = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
})
`

const PROBLEM_CODES: readonly (readonly [code: string, meaning: string])[] = [
  ['invalid-input', 'A field is wrong: errors says which and what it should be.'],
  ['unauthenticated', 'Log in at /login, or send a key as "Authorization: Bearer KEY".'],
  ['forbidden', 'The role of this login or key may not do this.'],
  ['not-found', 'There is nothing at this address or of this name.'],
  ['method-not-allowed', 'The address answers other methods: see the Allow header.'],
  ['conflict', 'It exists already, or has changed meanwhile.'],
  ['too-large', 'The body is larger than allowed: send less at a time.'],
  ['unsupported-media-type', 'The body has another content type than the address reads.'],
  ['insufficient-data', 'Too little was measured for an answer.'],
  ['rate-limited', 'Too many requests: wait as long as Retry-After says.'],
  ['store-unavailable', 'The store cannot answer now: try again.'],
  ['internal', 'A fault of the city; its log has the cause.'],
]

/** `/openapi.json` of the given application, and pages to read it. */
export const docsRoutes = (app: OpenAPIHono<ApiEnv>): OpenAPIHono<ApiEnv> => {
  const folder = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  const router = createRouter()
  let document: ReturnType<typeof openApiDocument> | undefined
  router.get('/openapi.json', (c) => {
    // Made at the first question, when every route is mounted.
    document ??= openApiDocument(app)
    return c.json(document, 200, { 'cache-control': 'public, max-age=300' })
  })
  router.get('/docs', (c) =>
    c.html(
      html`<!doctype html>
        <html lang="en">
          <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <title>API · Nadi</title>
            <link rel="stylesheet" href="/docs/assets/swagger-ui.css" />
          </head>
          <body>
            <div id="swagger-ui"></div>
            <noscript
              ><p>
                This page needs JavaScript; the same is at <a href="/openapi.json">/openapi.json</a>.
              </p></noscript
            >
            <script src="/docs/assets/swagger-ui-bundle.js"></script>
            <script src="/docs/assets/init.js"></script>
          </body>
        </html>`,
    ),
  )
  router.get('/docs/problems', (c) =>
    c.html(
      html`<!doctype html>
        <html lang="en">
          <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <title>Problems · Nadi</title>
          </head>
          <body>
            <h1>Problems that the API answers with</h1>
            <dl>
              ${PROBLEM_CODES.map(
                ([code, meaning]) =>
                  html`<dt id="${code}"><code>${code}</code></dt>
                    <dd>${meaning}</dd>`,
              )}
            </dl>
          </body>
        </html>`,
    ),
  )
  router.get('/docs/assets/init.js', (c) =>
    c.body(INIT, 200, { 'content-type': 'text/javascript', 'cache-control': CACHE }),
  )
  router.get('/docs/assets/:file', async (c) => {
    const file = c.req.param('file')
    const type = Object.hasOwn(ASSETS, file) ? ASSETS[file] : undefined
    if (type === undefined) return c.notFound()
    return c.body(await readFile(path.join(folder, file)), 200, {
      'content-type': type,
      'cache-control': CACHE,
    })
  })
  return router
}
