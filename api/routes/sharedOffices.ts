import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { listBuildings } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { localTimeWriter, parseTime } from '../localTime.ts'
import { askedTime, localTime, next, PROBLEMS, query, wholeNumber } from '../schemas.ts'
import { roomAt } from '../web/model/finder.ts'
import { readSummaries } from '../web/model/summary.ts'

const office = z
  .object({
    building: z.string().openapi({ example: 'shared-office' }),
    name: z.string(),
    capacityPeople: z.number().nullable(),
    at: localTime,
    verdict: z.enum(['sure', 'likely', 'unlikely', 'full', 'past', 'closed', 'withheld', 'unknown']).openapi({
      description:
        'sure: enough room 9 times in 10; likely, unlikely: more or less often than not; full: 1 time in 10 at most; withheld: its sensors are silent; unknown: no forecast of that hour',
    }),
    freePlaces: z
      .object({ least: z.number(), most: z.number() })
      .nullable()
      .openapi({
        description: '8 times in 10 so many are free; from people rounded to ten',
        example: { least: 230, most: 290 },
      }),
  })
  .openapi('SharedOffice')

const listRoute = createRoute({
  method: 'get',
  path: '/v1/shared-offices',
  summary: 'Which shared offices have room, now or at an hour of today or tomorrow',
  request: {
    query: query({
      at: askedTime.optional().openapi({
        example: '2026-11-25T09:00',
        description: 'Local to the city without an offset; now when absent',
      }),
      people: wholeNumber(1, 500, 1),
    }),
  },
  responses: {
    200: {
      description: 'Every shared office, from the forecast of people',
      content: { 'application/json': { schema: z.object({ items: z.array(office), next }) } },
    },
    ...PROBLEMS,
  },
})

/** Room in shared offices: the same answer as the finder of the page. */
export const sharedOfficeRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> =>
  createRouter().openapi(listRoute, async (c) => {
    const { at, people } = c.req.valid('query')
    const nowMs = context.now()
    const atMs = at === undefined ? nowMs : parseTime(at, 'at', context.city.timeZone)
    const language = c.get('language')
    const offices = listBuildings(context).filter(({ use }) => use === 'shared-office')
    const read = await readSummaries(context, offices, { language, nowMs })
    const items = read.map(({ building, summary: { state }, days }) => {
      const capacity = building.capacityPeople
      const { verdict, free } = roomAt({ state, capacity, days }, atMs, people, nowMs)
      return {
        building: building.id,
        name: building.name[language],
        capacityPeople: capacity,
        at: localTimeWriter(building.timeZone)(atMs),
        verdict,
        freePlaces: free,
      }
    })
    return c.json({ items, next: null }, 200)
  })
