import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { NadiError } from '../../city/errors.ts'
import { isUnderRoot } from '../../city/gatewayRoot.ts'
import { buildingOf } from '../../city/names.ts'
import type { Device } from '../../store/catalogue/catalogue.ts'
import { audited } from '../audit.ts'
import { requireRole } from '../auth.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { datastreamPath, jsonBody, PROBLEMS, query } from '../schemas.ts'

/** Which Datastream a gateway's topic is, where its name does not say it. Administrators only. */
const mapping = z
  .object({
    topic: z.string().openapi({ example: 'zigbee2mqtt/room_a/temperature' }),
    datastream: z.string().openapi({ example: 'library/annex/temperature' }),
    before: z.string().nullable().openapi({ description: 'The topic that the Datastream came on before' }),
  })
  .openapi('TopicMapping')

const mapTopic = createRoute({
  tags: ['administration'],
  middleware: requireRole('administrator'),
  method: 'post',
  path: '/v1/devices/{id}/topics',
  summary: 'Maps a topic of a gateway to the Datastream that it alone is from now on',
  request: {
    params: z.object({ id: z.string().max(200) }),
    query: query({}),
    body: jsonBody(
      z.strictObject({
        topic: z.string().min(1).max(1000).openapi({
          example: 'zigbee2mqtt/room_a/temperature',
          description: 'Where it carries an object, with a slash and the field’s name after it',
        }),
        datastream: datastreamPath,
      }),
    ),
  },
  responses: {
    201: { description: 'The mapping', content: { 'application/json': { schema: mapping } } },
    ...PROBLEMS,
  },
})

export const adminTopicRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const { devices, sources } = context.catalogue
  return createRouter().openapi(mapTopic, (c) => {
    const { id } = c.req.valid('param')
    const { topic, datastream } = c.req.valid('json')
    requireMappable(devices.find(id), topic, datastream)
    const before = sources.of(datastream) ?? null
    audited(
      context,
      c.get('principal'),
      () => sources.map(topic, datastream),
      () => ({ action: 'device.map', subject: id, detail: { topic, datastream, before } }),
    )
    return c.json({ topic, datastream, before: before === topic ? null : before }, 201)
  })
}

const requireMappable = (device: Device | undefined, topic: string, datastream: string): void => {
  if (!device) {
    throw new NadiError('not-found', 'There is no device of this id. "npx nadi devices list" names them.')
  }
  const { id, building, gateway } = device
  if (gateway === null) {
    throw new NadiError(
      'conflict',
      `The device "${id}" is no gateway: it names its Datastreams itself, and has no topics to map.`,
    )
  }
  if (!isUnderRoot(gateway, topic)) {
    throw new NadiError('invalid-input', `The topic is not under the gateway's root "${gateway}".`, {
      problems: [{ pointer: '/topic', detail: `a topic that begins with "${gateway}/"` }],
    })
  }
  if (buildingOf(datastream) !== building) {
    throw new NadiError(
      'invalid-input',
      `The gateway "${id}" speaks for "${building}" alone: name a Datastream of that building.`,
      { problems: [{ pointer: '/datastream', detail: `a path that begins with "${building}/"` }] },
    )
  }
}
