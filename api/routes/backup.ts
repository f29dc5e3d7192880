import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { NadiError } from '../../city/errors.ts'
import { actorOf } from '../audit.ts'
import { requireRole } from '../auth.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { PROBLEMS, query } from '../schemas.ts'

/** A backup of the whole city while it runs. Administrators only: it holds the city's secrets. */
const backupRoute = createRoute({
  tags: ['administration'],
  middleware: requireRole('administrator'),
  method: 'post',
  path: '/v1/backups',
  summary: 'Makes a backup and sends it as it is made',
  description:
    'A tar archive; the last file in it is `manifest.json`, and one without it is not whole. It holds secrets: keep it where nobody else reads it.',
  request: { query: query({}) },
  responses: {
    200: {
      description: 'The archive',
      content: { 'application/x-tar': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    ...PROBLEMS,
  },
})

export const backupRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> =>
  createRouter().openapi(backupRoute, (c) => {
    if (!context.backup) {
      throw new NadiError('store-unavailable', 'This city keeps nothing that could be backed up.')
    }
    const archive = context.backup(c.req.raw.signal)
    // Before the moment that is copied: the copy tells of itself.
    context.catalogue.audit.record({ actor: actorOf(c.get('principal')), action: 'backup', subject: 'city' })
    return c.body(ReadableStream.from(archive), 200, {
      'content-type': 'application/x-tar',
      // Parquet is compressed already, and compressing would gather what should leave at once.
      'cache-control': 'no-store, no-transform',
    })
  })
