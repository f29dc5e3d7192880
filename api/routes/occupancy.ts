import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { requireBuilding } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { localTimeWriter } from '../localTime.ts'
import { PROBLEMS, buildingParams, localTime, query } from '../schemas.ts'
import { readSummaries } from '../web/model/summary.ts'
import type { OpeningDay } from '../web/view.ts'
import { aboutBuilding, buildingState, expectedPeople, toAbout, toExpected } from './buildingAnswers.ts'

const hour = z.object({
  start: localTime,
  end: localTime.openapi({ example: '2026-11-24T11:00:00+08:00' }),
  people: z
    .number()
    .nullable()
    .openapi({ example: 120, description: 'Mean of the hour, rounded to ten; null with too little data' }),
  suppressed: z.boolean().openapi({ description: 'True: measured, and too few to be told' }),
  measured: z.number().openapi({ example: 1, description: 'Share of the hour that data cover, 0 to 1' }),
  expected: expectedPeople,
})

const occupancy = z
  .object({
    ...aboutBuilding,
    unit: z.literal('1'),
    bucket: z.literal('1h'),
    state: buildingState,
    capacityPeople: z.number().nullable(),
    now: z
      .object({
        people: z.number().nullable().openapi({ example: 120, description: 'Rounded to ten; null under 10' }),
        level: z.enum(['quiet', 'moderate', 'busy', 'unknown']),
        share: z.number().nullable().openapi({ example: 0.3, description: 'Of the capacity' }),
        phenomenonTime: localTime,
        state: z.enum(['fresh', 'old', 'silent', 'none']),
      })
      .nullable()
      .openapi({ description: 'Null when people were never counted' }),
    days: z
      .array(
        z.object({
          day: z.enum(['today', 'tomorrow']),
          opening: z.enum(['open', 'closed', 'always', 'unknown']),
          opens: localTime.nullable(),
          closes: localTime.nullable(),
          items: z.array(hour),
        }),
      )
      .openapi({ description: 'Today and tomorrow by the hour; empty when people are not counted' }),
  })
  .openapi('Occupancy')

const occupancyRoute = createRoute({
  method: 'get',
  path: '/v1/buildings/{building}/occupancy',
  summary: 'People at a building: now, and by the hour today and tomorrow',
  request: { params: buildingParams, query: query({}) },
  responses: {
    200: {
      description: 'Rounded to ten for everybody, whatever the role; `/v1/series` has the past',
      content: { 'application/json': { schema: occupancy } },
    },
    ...PROBLEMS,
  },
})

/** How full a building is: the same numbers as on its page. */
export const occupancyRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> =>
  createRouter().openapi(occupancyRoute, async (c) => {
    const view = requireBuilding(context, c.req.valid('param').building)
    const language = c.get('language')
    const [read] = await readSummaries(context, [view], { language, nowMs: context.now() })
    const write = localTimeWriter(view.timeZone)
    const state = read?.summary.state ?? 'none'
    const people = read?.summary.people
    const days = read?.days
    return c.json(
      {
        ...toAbout(view, { language, properties: ['occupancy'] }),
        unit: '1' as const,
        bucket: '1h' as const,
        state,
        capacityPeople: view.capacityPeople,
        now: people
          ? {
              people: people.people,
              level: people.level ?? ('unknown' as const),
              share: people.share,
              phenomenonTime: write(people.timeMs),
              state: people.freshness,
            }
          : null,
        days: (['today', 'tomorrow'] as const).flatMap((day) => {
          const known = days?.[day]
          if (!known) return []
          return [
            {
              day,
              ...toOpening(known.opening, write),
              items: known.hours.map(({ startMs, endMs, measured, share, forecast }) => ({
                start: write(startMs),
                end: write(endMs),
                people: measured === 'few' ? null : measured,
                suppressed: measured === 'few',
                measured: share,
                expected: state === 'silent' ? null : toExpected(forecast),
              })),
            },
          ]
        }),
      },
      200,
    )
  })

const toOpening = (opening: OpeningDay, write: (timeMs: number) => string) =>
  typeof opening === 'object'
    ? { opening: 'open' as const, opens: write(opening.opensMs), closes: write(opening.closesMs) }
    : { opening, opens: null, closes: null }
