import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { requireBuilding } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { localTimeWriter } from '../localTime.ts'
import { PROBLEMS, buildingParams, localTime, query } from '../schemas.ts'
import { readIke } from '../web/model/background.ts'
import { readEnergy } from '../web/model/todaysEnergy.ts'
import { aboutBuilding, expectedInterval, toAbout } from './buildingAnswers.ts'

const hour = z.object({
  start: localTime,
  end: localTime.openapi({ example: '2026-11-24T11:00:00+08:00' }),
  value: z
    .number()
    .nullable()
    .openapi({ example: 48.2, description: 'Of a whole hour; null where data cover less than 0.9 of it' }),
  measured: z.number().openapi({ example: 1, description: 'Share of the hour that data cover, 0 to 1' }),
  expected: expectedInterval.nullable().openapi({
    description: 'The newest forecast; of hours that are over, what was forecast before today',
  }),
})

const ike = z
  .object({
    value: z.number().openapi({ example: 12.4 }),
    unit: z.literal('kWh/m2/month'),
    class: z.enum(['veryEfficient', 'efficient', 'fair', 'wasteful']),
    limits: z
      .array(z.number())
      .openapi({ example: [8.5, 14, 18.5], description: 'Below the first: very efficient, and so on' }),
    measured: z.number().openapi({ example: 0.98, description: 'Share of the last 30 days that data cover' }),
    airConditioned: z.boolean(),
  })
  .openapi('Ike', { description: 'Energy intensity of the last 30 whole days (Permen ESDM 13/2012)' })

const energy = z
  .object({
    ...aboutBuilding,
    unit: z.literal('kWh'),
    bucket: z.literal('1h'),
    today: z
      .object({
        value: z.number().nullable().openapi({
          example: 510.4,
          description: 'Sum of the whole hours that were measured; null without any',
        }),
        until: localTime.nullable().openapi({ description: 'End of the newest of them' }),
        missingHours: z.number().int().openapi({ description: 'Hours that are over and not in the sum' }),
      })
      .nullable()
      .openapi({ description: 'Null where there is no meter to tell of, or nothing since yesterday' }),
    tomorrow: expectedInterval.nullable().openapi({ description: 'The whole of tomorrow as forecast' }),
    items: z.array(hour).openapi({ description: 'Today and tomorrow by the hour' }),
    ike: ike.nullable().openapi({ description: 'Null without an area, or with too little data' }),
  })
  .openapi('EnergyOfBuilding')

const energyRoute = createRoute({
  method: 'get',
  path: '/v1/buildings/{building}/energy',
  summary: 'Electricity of a building: today, tomorrow as forecast, and its IKE class',
  request: { params: buildingParams, query: query({}) },
  responses: {
    200: {
      description: 'From the building’s meter, else the sum of its parts’; `/v1/series` has the past',
      content: { 'application/json': { schema: energy } },
    },
    ...PROBLEMS,
  },
})

/** What a building uses: the same numbers as on its page. */
export const energyRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> =>
  createRouter().openapi(energyRoute, async (c) => {
    const view = requireBuilding(context, c.req.valid('param').building)
    const nowMs = context.now()
    const [known, intensity] = await Promise.all([
      readEnergy(context, view, nowMs),
      readIke(context, view, nowMs),
    ])
    const write = localTimeWriter(view.timeZone)
    return c.json(
      {
        ...toAbout(view, { language: c.get('language'), properties: ['energy'] }),
        unit: 'kWh' as const,
        bucket: '1h' as const,
        today: known && {
          value: known.todayKwh,
          until: known.measuredUntilMs === null ? null : write(known.measuredUntilMs),
          missingHours: known.missingHours,
        },
        tomorrow: known?.tomorrowKwh ?? null,
        items: (known?.hours ?? []).map(({ startMs, endMs, measured, share, forecast }) => ({
          start: write(startMs),
          end: write(endMs),
          value: measured,
          measured: share,
          expected: forecast,
        })),
        ike: intensity && {
          value: intensity.value,
          unit: 'kWh/m2/month' as const,
          class: intensity.class,
          limits: [...intensity.limits],
          measured: intensity.measuredShare,
          airConditioned: intensity.airConditioned,
        },
      },
      200,
    )
  })
