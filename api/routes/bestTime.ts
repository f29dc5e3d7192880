import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { requireBuilding } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { localTimeWriter } from '../localTime.ts'
import { PROBLEMS, buildingParams, localTime, query } from '../schemas.ts'
import { quietHoursToCome } from '../web/model/peopleHours.ts'
import { readSummaries } from '../web/model/summary.ts'
import { aboutBuilding, buildingState, expectedPeople, toAbout, toExpected } from './buildingAnswers.ts'

const bestTime = z
  .object({
    ...aboutBuilding,
    state: buildingState,
    items: z
      .array(
        z.object({
          start: localTime,
          end: localTime.openapi({ example: '2026-11-24T12:00:00+08:00' }),
          day: z.enum(['today', 'tomorrow']),
          now: z.boolean().openapi({ description: 'True when it holds the present' }),
          expected: expectedPeople,
        }),
      )
      .openapi({
        description:
          'At most two of each day, the best first; none where nothing is forecast, where the building is closed, and while its sensors are silent',
      }),
  })
  .openapi('BestTime')

const bestTimeRoute = createRoute({
  method: 'get',
  path: '/v1/buildings/{building}/best-time',
  summary: 'The quietest hours to come at a building, today and tomorrow',
  request: { params: buildingParams, query: query({}) },
  responses: {
    200: {
      description: 'Within its opening hours, by the forecast of people',
      content: { 'application/json': { schema: bestTime } },
    },
    ...PROBLEMS,
  },
})

/** When it is best to come: the same hours as on the building's page. */
export const bestTimeRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> =>
  createRouter().openapi(bestTimeRoute, async (c) => {
    const view = requireBuilding(context, c.req.valid('param').building)
    const language = c.get('language')
    const nowMs = context.now()
    const [read] = await readSummaries(context, [view], { language, nowMs })
    const state = read?.summary.state ?? 'none'
    const write = localTimeWriter(view.timeZone)
    const hours = state === 'silent' ? [] : quietHoursToCome(read?.days ?? null, nowMs)
    return c.json(
      {
        ...toAbout(view, { language, properties: ['occupancy'] }),
        state,
        items: hours.map(({ startMs, endMs, day, now, people }) => ({
          start: write(startMs),
          end: write(endMs),
          day,
          now,
          expected: toExpected(people),
        })),
      },
      200,
    )
  })
