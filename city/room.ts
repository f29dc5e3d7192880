/** Whether a shared office has room for some people at an hour, from the forecast of how many will be there. */

/** 8 times in 10 so many people are there; an end under the minimum count is 0. `few`: surely under that count. */
export type ExpectedPeople = { low: number; middle: number; high: number } | 'few'

/**
 * `sure`: enough room 9 times in 10; `likely`: more often than not; `unlikely`: less often than not; `full`: enough
 * 1 time in 10 at most.
 */
export type RoomVerdict = 'sure' | 'likely' | 'unlikely' | 'full'

/** Places that are expected to be free, from the least to the most. */
export interface Room {
  verdict: RoomVerdict
  free: { least: number; most: number }
}

/** Of the interval's ends, the upper number of people leaves the least room. `few` people are at most `fewest`. */
export const roomFor = (
  wanted: number,
  { capacity, expected, fewest }: { capacity: number; expected: ExpectedPeople; fewest: number },
): Room => {
  const people = expected === 'few' ? { low: 0, middle: fewest, high: fewest } : expected
  const left = (there: number): number => Math.max(0, capacity - there)
  const verdict =
    left(people.high) >= wanted
      ? 'sure'
      : left(people.middle) >= wanted
        ? 'likely'
        : left(people.low) >= wanted
          ? 'unlikely'
          : 'full'
  return { verdict, free: { least: left(people.high), most: left(people.low) } }
}
