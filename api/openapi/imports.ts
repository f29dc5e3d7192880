import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiEnv } from '../env.ts'
import { PROBLEMS } from '../schemas.ts'

const parameter = (description: string) => z.string().optional().openapi({ description })

/** Describes `POST /v1/imports`, whose streams of bytes and lines no schema of a route can check. */
export const registerImports = (app: OpenAPIHono<ApiEnv>): void => {
  app.openAPIRegistry.registerPath({
    method: 'post',
    path: '/v1/imports',
    summary: 'Loads a table of readings (administrator)',
    description:
      'The body is the file as it is, plain or gzip, of any length. Say how to read it by building and property (each column a Thing below the building), or by a mapping.',
    security: [{ bearer: [] }, { session: [] }],
    request: {
      query: z.object({
        filename: parameter('What messages call the file'),
        building: parameter('Building above the columns of a wide table'),
        property: parameter('What the table holds, like energy'),
        unit: parameter('Unit of the values, where it is not the property’s own'),
        kind: z.enum(['instant', 'interval', 'counter']).optional(),
        timezone: parameter('IANA zone of times without an offset'),
        mapping: parameter('Text of a mapping file, as it is or in base64url'),
        mappingname: parameter('What messages call the mapping'),
        lang: z.enum(['id', 'en']).optional(),
      }),
      body: {
        required: true,
        content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
      },
    },
    responses: {
      200: {
        description: 'Lines of JSON: {"progress"} as it goes on, at the end {"result"} or {"error"}',
        content: { 'application/x-ndjson': { schema: z.string() } },
      },
      ...PROBLEMS,
    },
  })
}
