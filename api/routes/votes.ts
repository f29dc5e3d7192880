import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { MINIMUM_PEOPLE } from '../../city/disclosure.ts'
import type { Role } from '../../city/roles.ts'
import {
  discloseVotes,
  seesExactVotes,
  VOTE_CHOICES,
  VOTE_PERIODS,
  votePeriodOf,
  type VotePeriod,
} from '../../city/votes.ts'
import { actorOf } from '../audit.ts'
import { requireBuilding } from '../buildings.ts'
import type { ApiContext } from '../context.ts'
import { createRouter, type ApiEnv } from '../env.ts'
import { localTimeWriter } from '../localTime.ts'
import { createParticipation, zonePathsOf } from '../participation.ts'
import { buildingId, jsonBody, localTime, PROBLEMS, query, zonePath } from '../schemas.ts'

const count = z.number().int().nullable().openapi({
  example: 20,
  description:
    'Of each place, week and choice rounded to ten, and none under the minimum or before the week is over; what is wider is the sum of what is told. Exact for operators',
})
const counts = { votes: count, cold: count, fine: count, warm: count }

const addRoute = createRoute({
  method: 'post',
  path: '/v1/votes',
  summary: 'Says how it feels inside; needs no login and keeps nothing of who voted',
  description:
    'Kept as a number of the hour alone. 60 votes an hour from one address; the page counts one an hour from one browser.',
  request: {
    query: query({}),
    body: jsonBody(
      z
        .strictObject({
          building: buildingId,
          zone: zonePath.optional(),
          choice: z.enum(VOTE_CHOICES).openapi({ example: 'warm', description: 'Too cold, fine, too warm' }),
        })
        .openapi('NewVote'),
    ),
  },
  responses: {
    201: {
      description: 'Counted',
      content: {
        'application/json': {
          schema: z.object({ building: buildingId, zone: zonePath.nullable(), choice: z.enum(VOTE_CHOICES) }),
        },
      },
    },
    ...PROBLEMS,
  },
})

const listRoute = createRoute({
  method: 'get',
  path: '/v1/votes',
  summary: 'How it felt inside, by building and part, over a week or a month of whole weeks',
  request: {
    query: query({
      building: buildingId,
      period: z.enum(VOTE_PERIODS).default('week'),
      date: z
        .string()
        .refine((text) => isDay(text), 'a day from 1970 to 2199 like 2026-11-24')
        .optional()
        .openapi({
          example: '2026-11-24',
          description: 'A local day within the period; a week ago when absent',
        }),
    }),
  },
  responses: {
    200: {
      description: 'Votes of the building, and of each part that was named with them',
      content: {
        'application/json': {
          schema: z
            .object({
              building: z.string(),
              timezone: z.string(),
              period: z.enum(VOTE_PERIODS),
              from: localTime,
              to: localTime.openapi({ description: 'Exclusive' }),
              minimum: z.number().int().openapi({ example: 10, description: 'Fewer are not told' }),
              ...counts,
              zones: z.array(z.object({ zone: z.string(), ...counts })),
            })
            .openapi('Votes'),
        },
      },
    },
    ...PROBLEMS,
  },
})

/** Comfort votes: given by anybody, told as numbers. */
export const voteRoutes = (context: ApiContext): OpenAPIHono<ApiEnv> => {
  const participation = context.participation ?? createParticipation(context)
  return createRouter()
    .openapi(addRoute, async (c) => {
      const { building, zone, choice } = c.req.valid('json')
      await participation.vote(c, { building, zone, choice })
      return c.json({ building, zone: zone ?? null, choice }, 201)
    })
    .openapi(listRoute, async (c) => {
      const { building, period, date } = c.req.valid('query')
      const principal = c.get('principal')
      const told = readVotes(context, { building, period, date }, principal.role)
      if (seesExactVotes(principal.role)) {
        await context.catalogue.audit.access({
          actor: actorOf(principal),
          action: 'access.votes',
          subject: building,
        })
      }
      return c.json(told, 200)
    })
}

/** The votes of one period as the role may have them. Throws `not-found`, `invalid-input`. */
const readVotes = (
  context: Pick<ApiContext, 'city' | 'catalogue' | 'now'>,
  { building, period, date }: { building: string; period: VotePeriod; date?: string | undefined },
  role: Role,
) => {
  const { timeZone } = requireBuilding(context, building)
  const nowMs = context.now()
  const { fromMs, toMs } = votePeriodOf(readDay(date, nowMs, timeZone), period, timeZone)
  const counted = context.catalogue.votes.list(building, { fromMs, toMs })
  const write = localTimeWriter(timeZone)
  return {
    building,
    timezone: timeZone,
    period,
    from: write(fromMs),
    to: write(toMs),
    minimum: MINIMUM_PEOPLE,
    ...discloseVotes(role, counted, { timeZone, nowMs }),
    zones: zonePathsOf(context, building).map((zone) => ({
      zone,
      ...discloseVotes(
        role,
        counted.filter((hour) => hour.zone === zone),
        { timeZone, nowMs },
      ),
    })),
  }
}

const readDay = (date: string | undefined, nowMs: number, timeZone: string): Temporal.PlainDate => {
  if (date === undefined) {
    const today = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(timeZone).toPlainDate()
    return today.subtract({ weeks: 1 })
  }
  return Temporal.PlainDate.from(date)
}

/** Whether it is a local day written `2026-11-24`. */
const isDay = (text: string): boolean => {
  if (!/^(?:19[7-9]\d|2[01]\d{2})-\d{2}-\d{2}$/.test(text)) return false
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).year > 0
  } catch {
    return false
  }
}
