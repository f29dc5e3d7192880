import type { Context } from 'hono'
import { NadiError } from '../city/errors.ts'
import type { ReportCategory } from '../city/reports.ts'
import type { VoteChoice } from '../city/votes.ts'
import type { Report } from '../store/catalogue/reports.ts'
import { audited } from './audit.ts'
import { requireBuilding } from './buildings.ts'
import { type ClientLimiter, type ClientRate, createClientLimiter, retryAfterSeconds } from './clientRate.ts'
import type { ApiContext } from './context.ts'
import type { ApiEnv } from './env.ts'

/** Where a vote or report is from: a building, or a part of it by its path below the building. */
export interface Place {
  building: string
  zone?: string | undefined
}

/**
 * Takes votes and reports of citizens. Who they are is neither asked nor kept: an address counts against an allowance
 * in memory, and that is all. Throws `rate-limited` (with `Retry-After` on the answer) and `not-found` for a place
 * that the city does not have.
 */
export interface Participation {
  vote(c: Context<ApiEnv>, vote: Place & { choice: VoteChoice }): Promise<void>
  /** The report and the token of the private link that tells what becomes of it. */
  report(
    c: Context<ApiEnv>,
    report: Place & { category: ReportCategory; text: string },
  ): Promise<{ report: Report; token: string }>
}

/** From one address, behind which a whole office may sit. Keys and logins are not limited. */
const VOTES: ClientRate = { requests: 60, perSeconds: 3600 }
const REPORTS: ClientRate = { requests: 10, perSeconds: 3600 }
/** As many may wait for an answer: strangers with many addresses fill no disk. */
const MAX_OPEN_REPORTS = 10_000

type Needed = Pick<ApiContext, 'city' | 'catalogue' | 'now'>

export const createParticipation = (context: Needed): Participation => {
  const { catalogue } = context
  const votes = createClientLimiter(VOTES)
  const reports = createClientLimiter(REPORTS)
  return {
    async vote(c, { building, zone, choice }) {
      requirePlace(context, { building, zone })
      await withinAllowance(c, votes, 'votes', VOTES)
      catalogue.votes.add(building, zone ?? '', choice, context.now())
    },
    async report(c, { building, zone, category, text }) {
      requirePlace(context, { building, zone })
      await withinAllowance(c, reports, 'reports', REPORTS)
      if (catalogue.reports.open() >= MAX_OPEN_REPORTS) {
        throw new NadiError(
          'rate-limited',
          'More reports wait for an answer than can be read. Try again in some days; in danger, call for help.',
        )
      }
      return audited(
        context,
        c.get('principal'),
        () =>
          catalogue.reports.add({ building, zone: zone ?? null, category, text, createdMs: context.now() }),
        ({ report: { id } }) => ({ action: 'report.add', subject: building, detail: { id, category } }),
      )
    },
  }
}

const withinAllowance = async (
  c: Context<ApiEnv>,
  limited: ClientLimiter,
  what: string,
  { requests }: ClientRate,
): Promise<void> => {
  if (c.get('principal').id !== 'anonymous') return
  const refused = await limited(c)
  if (!refused) return
  const seconds = retryAfterSeconds(refused)
  c.header('Retry-After', String(seconds))
  throw new NadiError(
    'rate-limited',
    `More than ${requests} ${what} in an hour came from here. Try again in ${Math.ceil(seconds / 60)} min.`,
  )
}

/** The building, when it and its part are there. Throws `not-found`. */
export const requirePlace = (context: Needed, { building, zone }: Place) => {
  const view = requireBuilding(context, building)
  if (zone !== undefined && !zonePathsOf(context, building).includes(zone)) {
    throw new NadiError(
      'not-found',
      `"${building}" has no part "${zone}". Leave "zone" out, or take one of the city file, like "floor-2/zone-a".`,
      { problems: [{ pointer: '/zone', detail: 'a part of the building, or absent' }] },
    )
  }
  return view
}

/** Parts of a building that a vote or report may be about, by their path below it, in the order of the city file. */
export const zonePathsOf = ({ city }: Pick<ApiContext, 'city'>, building: string): string[] =>
  city.buildings.find(({ id }) => id === building)?.zones.map(({ id }) => id) ?? []
