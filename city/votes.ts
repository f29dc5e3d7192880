import { accessOf, discloseValue } from './disclosure.ts'
import type { Role } from './roles.ts'

/** How it feels inside: what one vote says. */
export const VOTE_CHOICES = ['cold', 'fine', 'warm'] as const
export type VoteChoice = (typeof VOTE_CHOICES)[number]

/** How many votes of each kind; a number that may not be told is null. */
export type VoteCounts<Value = number> = Record<VoteChoice | 'votes', Value>

/** What votes are counted over: local days, weeks that begin on Monday, months. Nothing finer is told. */
export const VOTE_PERIODS = ['day', 'week', 'month'] as const
export type VotePeriod = (typeof VOTE_PERIODS)[number]

/** The votes of some hours together. */
export const countVotes = (counted: readonly { choice: VoteChoice; votes: number }[]): VoteCounts => {
  const counts = { votes: 0, cold: 0, fine: 0, warm: 0 }
  for (const { choice, votes } of counted) {
    counts[choice] += votes
    counts.votes += votes
  }
  return counts
}

/**
 * Votes as a role may have them. Each is a person who was there at some time, so their numbers leave as a building's
 * number of people does: exactly for operators, rounded and none under the minimum count for everybody else.
 */
export const discloseVotes = (role: Role, counts: VoteCounts): VoteCounts<number | null> => {
  const access = accessOf(role, 'building/occupancy')
  const told = (count: number): number | null => discloseValue(access, count).value
  return {
    votes: told(counts.votes),
    cold: told(counts.cold),
    fine: told(counts.fine),
    warm: told(counts.warm),
  }
}

/** True when `discloseVotes` tells the role exact numbers, which is audited. */
export const seesExactVotes = (role: Role): boolean => accessOf(role, 'building/occupancy') === 'exact'

/** The period that holds the local date: from its first day's midnight to the midnight after its last, exclusive. */
export const votePeriodOf = (
  date: Temporal.PlainDate,
  period: VotePeriod,
  timeZone: string,
): { firstDay: Temporal.PlainDate; fromMs: number; toMs: number } => {
  const firstDay =
    period === 'day'
      ? date
      : period === 'week'
        ? date.subtract({ days: date.dayOfWeek - 1 })
        : date.with({ day: 1 })
  const after = firstDay.add(
    period === 'day' ? { days: 1 } : period === 'week' ? { weeks: 1 } : { months: 1 },
  )
  return { firstDay, fromMs: midnightMs(firstDay, timeZone), toMs: midnightMs(after, timeZone) }
}

const midnightMs = (date: Temporal.PlainDate, timeZone: string): number =>
  date.toZonedDateTime(timeZone).epochMilliseconds
