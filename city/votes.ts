import { accessOf, disclosePeople } from './disclosure.ts'
import type { Role } from './roles.ts'

/** How it feels inside: what one vote says. */
export const VOTE_CHOICES = ['cold', 'fine', 'warm'] as const
export type VoteChoice = (typeof VOTE_CHOICES)[number]

/** How many votes of each kind; a number that may not be told is null. */
export type VoteCounts<Value = number> = Record<VoteChoice | 'votes', Value>

/** What votes are counted over: local weeks that begin on Monday, months of those that begin in them. Nothing finer is told. */
export const VOTE_PERIODS = ['week', 'month'] as const
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

/** Votes of one choice for one place in one hour. */
interface PlacedVotes {
  zone: string
  hourMs: number
  choice: VoteChoice
  votes: number
}

/**
 * Votes as a role may have them: exactly for operators. To everybody else only what no arithmetic undoes: the votes of
 * one choice for one place (a part, or the building where none was named) in one whole week are rounded, and not told
 * under the minimum count; everything wider is the sum of what is told of them, so that a day, a building or a total
 * gives no small number away. A week is told once it is over, for as long as it lasts a vote of one's own would be
 * seen to tip the number.
 */
export const discloseVotes = (
  role: Role,
  hours: readonly PlacedVotes[],
  { timeZone, nowMs }: { timeZone: string; nowMs: number },
): VoteCounts<number | null> => {
  if (seesExactVotes(role)) return countVotes(hours)
  const told: VoteCounts<number | null> = { votes: null, cold: null, fine: null, warm: null }
  const cells = Map.groupBy(hours, ({ zone, hourMs, choice }) => {
    const { fromMs, toMs } = votePeriodOf(localDate(hourMs, timeZone), 'week', timeZone)
    return toMs > nowMs ? 'not over' : `${fromMs} ${zone} ${choice}`
  })
  cells.delete('not over')
  for (const [first, ...more] of cells.values()) {
    if (!first) continue
    const { people } = disclosePeople(countVotes([first, ...more]).votes)
    if (people === null) continue
    for (const key of ['votes', first.choice] as const) told[key] = (told[key] ?? 0) + people
  }
  return told
}

/** True when `discloseVotes` tells the role exact numbers, which is audited. */
export const seesExactVotes = (role: Role): boolean =>
  accessOf(role, { path: 'building/occupancy', unit: '1', kind: 'instant' }) === 'exact'

/** The period that holds the local date: from its first day's midnight to the midnight after its last, exclusive. */
export const votePeriodOf = (
  date: Temporal.PlainDate,
  period: VotePeriod,
  timeZone: string,
): { fromMs: number; toMs: number } => {
  const monday = date.subtract({ days: date.dayOfWeek - 1 })
  const firstDay = period === 'week' ? monday : firstMonday(monday)
  const after =
    period === 'week' ? monday.add({ weeks: 1 }) : firstMonday(monday.with({ day: 1 }).add({ months: 1 }))
  return { fromMs: midnightMs(firstDay, timeZone), toMs: midnightMs(after, timeZone) }
}

const midnightMs = (date: Temporal.PlainDate, timeZone: string): number =>
  date.toZonedDateTime(timeZone).epochMilliseconds

/** The first Monday of the date's month. */
const firstMonday = (date: Temporal.PlainDate): Temporal.PlainDate => {
  const first = date.with({ day: 1 })
  return first.add({ days: (8 - first.dayOfWeek) % 7 })
}

const localDate = (timeMs: number, timeZone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(timeZone).toPlainDate()
