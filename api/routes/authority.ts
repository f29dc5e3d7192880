import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { createRevocationList } from '../revocationList.ts'
import { PROBLEMS, query } from '../schemas.ts'
import { time } from './adminPages.ts'
import { authorityOf } from './certificateSchemas.ts'

/** The city's certificate authority as everybody may see it: how a device knows the city. */
const authority = z
  .object({
    certificate: z
      .string()
      .openapi({ description: 'PEM: what a device checks the city against', format: 'pem' }),
    expiresAt: time,
    server: z.object({ names: z.array(z.string()), expiresAt: time }).openapi({
      description: 'What the city shows on its TLS ports; renewed by itself',
    }),
    mqtts: z.string().nullable(),
  })
  .openapi('Authority')

const authorityRoute = createRoute({
  method: 'get',
  path: '/v1/authority',
  tags: ['devices'],
  summary: 'The certificate by which devices know the city',
  request: { query: query({}) },
  responses: {
    200: { description: 'The authority', content: { 'application/json': { schema: authority } } },
    ...PROBLEMS,
  },
})

const revocationsRoute = createRoute({
  method: 'get',
  path: '/v1/authority/revocations',
  tags: ['devices'],
  summary: 'The list of revoked certificates, for a TLS server in front of the city',
  request: { query: query({}) },
  responses: {
    200: {
      description: 'An X.509 CRL in PEM, valid for a week or longer',
      content: { 'application/x-pem-file': { schema: z.string() } },
    },
    ...PROBLEMS,
  },
})

export const authorityRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const revocations = createRevocationList({
    certificates: context.catalogue.certificates,
    sign: async (revoked) => authorityOf(context).revocations(revoked),
    now: () => context.now(),
  })
  return createRouter()
    .openapi(authorityRoute, (c) => {
      const { certificate, expiresMs, server } = authorityOf(context)
      const { names, expiresMs: serverExpiresMs } = server()
      const expiresAt = new Date(expiresMs).toISOString()
      const shown = { names: [...names], expiresAt: new Date(serverExpiresMs).toISOString() }
      return c.json({ certificate, expiresAt, server: shown, mqtts: context.addresses().mqtts ?? null }, 200)
    })
    .openapi(revocationsRoute, async (c) => {
      const list = await revocations()
      return c.body(`${list}\n`, 200, { 'content-type': 'application/x-pem-file' })
    })
}
