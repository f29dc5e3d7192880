import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { isGatewayRoot } from '../../city/gatewayRoot.ts'
import { DEVICE_ID_PATTERN, DEVICE_ID_RULE, isDeviceId } from '../../city/topics.ts'
import type { Device } from '../../store/catalogue/catalogue.ts'
import { requireRole } from '../auth.ts'
import type { ApiContext } from '../context.ts'
import { addDevice, isKnownBuilding, refuseMistyped, revokeDevice } from '../deviceActs.ts'
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

/** Devices: whoever may publish. Administrators only; a password is shown once, when it is made. */
const deviceId = z
  .string()
  .refine(isDeviceId, DEVICE_ID_RULE)
  .openapi({ example: 'library-edge', pattern: DEVICE_ID_PATTERN.source })
const building = z
  .string()
  .regex(/^[a-z0-9-]{1,200}$/, 'a building id like "library"')
  .openapi({ example: 'library' })

const gatewayRoot = z
  .string()
  .refine(isGatewayRoot, 'one to four plain topic levels like "zigbee2mqtt/library"')
  .openapi({ example: 'zigbee2mqtt/library', description: 'Foreign topic root that maps to the building' })

const device = z
  .object({
    id: deviceId,
    building,
    gateway: z.string().nullable().openapi({ description: 'Foreign topic root of a gateway' }),
    status: z.enum(['online', 'offline', 'never']),
    statusAt: time.nullable(),
    lastSeenAt: time.nullable(),
    forbiddenCount: z.number().int().openapi({ description: 'Publishes that were refused' }),
    createdAt: time,
    revokedAt: time.nullable(),
  })
  .openapi('Device')

const newDevice = z
  .object({
    device: deviceId,
    password: z
      .string()
      .optional()
      .openapi({ description: 'Shown this once: only its hash is kept. Absent with a certificate' }),
    issued: issuedCertificate.optional(),
    building,
    buildingIsKnown: z.boolean().openapi({ description: 'False: no reading or city file named it yet' }),
    mqtt: z.string().openapi({ example: 'mqtt://127.0.0.1:1883' }),
  })
  .openapi('NewDevice')

const guard = { tags: ['administration'], middleware: requireRole('administrator') }

const addRoute = createRoute({
  ...guard,
  method: 'post',
  path: '/v1/devices',
  summary: 'Adds a device, by a password that is told once or by a certificate',
  request: {
    query: query({}),
    body: jsonBody(
      z.strictObject({
        id: deviceId,
        building,
        newBuilding: z.boolean().default(false).openapi({
          description: 'True: a building whose name is almost that of another is no typing error',
        }),
        gateway: gatewayRoot.optional(),
        request: certificateRequest.optional(),
        days: certificateDays.default(365),
      }),
    ),
  },
  responses: {
    201: { description: 'The device', content: { 'application/json': { schema: newDevice } } },
    ...PROBLEMS,
  },
})

const listDevices = createRoute({
  ...guard,
  method: 'get',
  path: '/v1/devices',
  summary: 'Devices, with when each was last heard of',
  request: { query: pageQuery },
  responses: {
    200: { description: 'Devices by id', content: { 'application/json': { schema: pageSchema(device) } } },
    ...PROBLEMS,
  },
})

const revokeRoute = createRoute({
  ...guard,
  method: 'delete',
  path: '/v1/devices/{id}',
  summary: 'Revokes a device: its password and certificates stop working',
  request: { params: z.object({ id: z.string().max(200) }), query: query({}) },
  responses: { 204: { description: 'Revoked' }, ...PROBLEMS },
})

export const adminDeviceRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const { devices } = context.catalogue
  return createRouter()
    .openapi(addRoute, async (c) => {
      const { id, building, newBuilding, gateway, request, days } = c.req.valid('json')
      const buildingIsKnown = isKnownBuilding(context, building)
      if (!buildingIsKnown && !newBuilding) refuseMistyped(context, building)
      const signed = request === undefined ? undefined : await authorityOf(context).sign(request, id, days)
      const password = addDevice(context, c.get('principal'), {
        id,
        building,
        gateway,
        signed: signed && { certificate: signed, days },
      })
      c.header('cache-control', 'no-store')
      const { mqtt } = context.addresses()
      const proof = signed ? { issued: describeIssued(context, signed) } : { password }
      return c.json({ device: id, ...proof, building, buildingIsKnown, mqtt }, 201)
    })
    .openapi(listDevices, (c) =>
      c.json(pageOf(devices.list().map(described), c.req.valid('query'), '/v1/devices'), 200),
    )
    .openapi(revokeRoute, (c) => {
      revokeDevice(context, c.get('principal'), c.req.valid('param').id)
      return c.body(null, 204)
    })
}

const described = ({ id, building, gateway, status, forbiddenCount, ...times }: Device) => ({
  id,
  building,
  gateway,
  status,
  forbiddenCount,
  statusAt: timeOf(times.statusMs),
  lastSeenAt: timeOf(times.lastSeenMs),
  createdAt: new Date(times.createdMs).toISOString(),
  revokedAt: timeOf(times.revokedMs),
})
