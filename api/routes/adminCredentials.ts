import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Certificate } from '../../store/catalogue/catalogue.ts'
import { audited } from '../audit.ts'
import { requireRole } from '../auth.ts'
import type { ApiContext } from '../context.ts'
import { rotatePassword } from '../deviceActs.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { jsonBody, PROBLEMS, query } from '../schemas.ts'
import { pageOf, pageQuery, pageSchema, time, timeOf } from './adminPages.ts'
import {
  authorityOf,
  certificateDays,
  certificateRequest,
  describeIssued,
  issuedCertificate,
} from './certificateSchemas.ts'

/** What devices prove themselves with: new passwords, certificates, and their end. Administrators only. */
const MAX_GRACE_SECONDS = 90 * 86_400
const graceSeconds = z.number().int().min(0).max(MAX_GRACE_SECONDS)
const params = z.object({ id: z.string().max(200) })
const serial = z.string().regex(/^[0-9A-Fa-f]{1,40}$/, 'the serial number of a certificate, in hexadecimal')

const certificate = z
  .object({
    id: z.string().openapi({ description: 'Its serial number' }),
    device: z.string(),
    issuedAt: time,
    expiresAt: time,
    revokedAt: time.nullable(),
    valid: z.boolean(),
  })
  .openapi('Certificate')

const guard = { tags: ['administration'], middleware: requireRole('administrator') }

const rotateRoute = createRoute({
  ...guard,
  method: 'post',
  path: '/v1/devices/{id}/password',
  summary: 'Gives a device a new password; the old one stays valid for a while',
  request: {
    params,
    query: query({}),
    body: jsonBody(
      z.strictObject({
        graceSeconds: graceSeconds.default(3600).openapi({
          description: 'How long the old password is still valid; 0: not at all',
        }),
      }),
    ),
  },
  responses: {
    201: {
      description: 'The new password, shown this once',
      content: {
        'application/json': {
          schema: z
            .object({ device: z.string(), password: z.string(), previousValidUntil: time })
            .openapi('RotatedPassword'),
        },
      },
    },
    ...PROBLEMS,
  },
})

const issueCertificate = createRoute({
  ...guard,
  method: 'post',
  path: '/v1/devices/{id}/certificates',
  summary: 'Signs a certificate for a device',
  request: {
    params,
    query: query({}),
    body: jsonBody(
      z.strictObject({
        request: certificateRequest,
        days: certificateDays.default(365),
        graceSeconds: graceSeconds.optional().openapi({
          description: 'Ends the device’s other certificates after this time; absent: they stay as they are',
        }),
      }),
    ),
  },
  responses: {
    201: { description: 'The certificate', content: { 'application/json': { schema: issuedCertificate } } },
    ...PROBLEMS,
  },
})

const listCertificates = createRoute({
  ...guard,
  method: 'get',
  path: '/v1/certificates',
  summary: 'Certificates of devices, newest first',
  request: { query: pageQuery.extend({ device: z.string().max(200).optional() }) },
  responses: {
    200: {
      description: 'Certificates',
      content: { 'application/json': { schema: pageSchema(certificate) } },
    },
    ...PROBLEMS,
  },
})

const revokeCertificate = createRoute({
  ...guard,
  method: 'delete',
  path: '/v1/certificates/{serial}',
  summary: 'Revokes a certificate; its connections end',
  request: { params: z.object({ serial }), query: query({}) },
  responses: { 204: { description: 'Revoked' }, ...PROBLEMS },
})

export const adminCredentialRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const { certificates } = context.catalogue
  return createRouter()
    .openapi(rotateRoute, (c) => {
      const { id } = c.req.valid('param')
      const grace = c.req.valid('json').graceSeconds
      const password = rotatePassword(context, c.get('principal'), id, grace)
      c.header('cache-control', 'no-store')
      const previousValidUntil = new Date(context.now() + grace * 1000).toISOString()
      return c.json({ device: id, password, previousValidUntil }, 201)
    })
    .openapi(issueCertificate, async (c) => {
      const { id } = c.req.valid('param')
      const { request, days, graceSeconds: grace } = c.req.valid('json')
      const signed = await authorityOf(context).sign(request, id, days)
      audited(
        context,
        c.get('principal'),
        () => certificates.add({ ...signed, device: id }, grace === undefined ? undefined : grace * 1000),
        () => ({ action: 'device.certificate', subject: id, detail: { serial: signed.serial, days } }),
      )
      return c.json(describeIssued(context, signed), 201)
    })
    .openapi(listCertificates, (c) => {
      const { device, ...page } = c.req.valid('query')
      const all = certificates.list(device).map((it) => described(it, context.now()))
      const path =
        device === undefined ? '/v1/certificates' : `/v1/certificates?device=${encodeURIComponent(device)}`
      return c.json(pageOf(all, page, path), 200)
    })
    .openapi(revokeCertificate, (c) => {
      const number = c.req.valid('param').serial.toUpperCase().replace(/^0+/, '')
      audited(
        context,
        c.get('principal'),
        () => certificates.revoke(number),
        ({ device }) => ({
          action: 'device.certificate.revoke',
          subject: device,
          detail: { serial: number },
        }),
      )
      return c.body(null, 204)
    })
}

const described = (
  { serial: id, device, issuedMs, expiresMs, revokedMs, validUntilMs }: Certificate,
  nowMs: number,
) => ({
  id,
  device,
  issuedAt: new Date(issuedMs).toISOString(),
  expiresAt: new Date(expiresMs).toISOString(),
  revokedAt: timeOf(revokedMs),
  valid: nowMs < validUntilMs,
})
