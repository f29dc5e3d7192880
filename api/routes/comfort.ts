import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { requireBuilding } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { localTimeWriter } from '../localTime.ts'
import { PROBLEMS, buildingParams, localTime, query } from '../schemas.ts'
import { airOf, CO2_PPM, COMFORT_CELSIUS, comfortOf } from '../web/model/comfort.ts'
import { readSummaries } from '../web/model/summary.ts'
import { readVoice } from '../web/model/voice.ts'
import type { Measured } from '../web/view.ts'
import { aboutBuilding, buildingState, toAbout } from './buildingAnswers.ts'

const measured = {
  value: z.number(),
  phenomenonTime: localTime,
  state: z
    .enum(['fresh', 'old', 'silent', 'none'])
    .openapi({ description: 'old: late; silent: nothing for two hours' }),
}

const count = z.number().nullable()

const comfort = z
  .object({
    ...aboutBuilding,
    state: buildingState,
    temperature: z
      .object({
        ...measured,
        unit: z.literal('Cel'),
        verdict: z.enum(['comfortable', 'warm', 'hot', 'cool', 'cold']),
        comfortable: z.object({ from: z.number(), to: z.number() }).openapi({
          example: { from: COMFORT_CELSIUS.low, to: COMFORT_CELSIUS.high },
          description: 'The Indonesian band for offices (Permenkes 48/2016)',
        }),
      })
      .nullable(),
    co2: z
      .object({
        ...measured,
        unit: z.literal('ppm'),
        verdict: z.enum(['fresh', 'fair', 'stuffy']),
        limits: z.object({ fresh: z.number(), fair: z.number() }).openapi({
          example: { fresh: CO2_PPM.fresh, fair: CO2_PPM.good },
          description: 'fresh and fair up to these',
        }),
      })
      .nullable()
      .openapi({ description: 'Null too where it rests on fewer than three parts of the building' }),
    votes: z.object({ votes: count, cold: count, fine: count, warm: count }).openapi({
      description: 'Of the last whole week, as `/v1/votes` tells them',
      example: { votes: 90, cold: null, fine: 60, warm: 30 },
    }),
  })
  .openapi('ComfortOfBuilding')

const comfortRoute = createRoute({
  method: 'get',
  path: '/v1/buildings/{building}/comfort',
  summary: 'How it is inside a building: warmth and air against their bands, and what people voted',
  request: { params: buildingParams, query: query({}) },
  responses: {
    200: { description: 'How it is inside', content: { 'application/json': { schema: comfort } } },
    ...PROBLEMS,
  },
})

/** How comfortable a building is: the same words and numbers as on its page. */
export const comfortRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> =>
  createRouter().openapi(comfortRoute, async (c) => {
    const view = requireBuilding(context, c.req.valid('param').building)
    const language = c.get('language')
    const [read] = await readSummaries(context, [view], { language, nowMs: context.now() })
    const { state = 'none' as const, temperature = null, co2 = null } = read?.summary ?? {}
    const write = localTimeWriter(view.timeZone)
    const told = ({ value, timeMs, freshness }: Measured) => ({
      value,
      phenomenonTime: write(timeMs),
      state: freshness,
    })
    return c.json(
      {
        ...toAbout(view, { language, properties: ['temperature', 'co2'] }),
        state,
        temperature: temperature && {
          ...told(temperature),
          unit: 'Cel' as const,
          verdict: comfortOf(temperature.value),
          comfortable: { from: COMFORT_CELSIUS.low, to: COMFORT_CELSIUS.high },
        },
        co2: co2 && {
          ...told(co2),
          unit: 'ppm' as const,
          verdict: airOf(co2.value),
          limits: { fresh: CO2_PPM.fresh, fair: CO2_PPM.good },
        },
        votes: readVoice(context, view, language).votes.counts,
      },
      200,
    )
  })
