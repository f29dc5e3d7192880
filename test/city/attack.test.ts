import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { disclosePeople } from '../../city/disclosure.ts'
import { countVotes, discloseVotes } from '../../city/votes.ts'
import { boundsOfFew, solvedFew } from './attack/attacker.ts'
import { publish, type Rules } from './attack/published.ts'
import { countsOf, sensorsOf, smallCity, type SmallCity } from './attack/smallCity.ts'

/**
 * An attacker knows every number that leaves over zones, floors, the building, intervals of any width and place, and
 * forecasts with their models, and looks for a count under ten.
 */
const CITIES = fc.sample(smallCity(3, 13), { numRuns: 25, seed: 20261124 })

/** How many counts under ten somebody finds of all the cities: exactly, and more closely than "under ten". */
const attack = (rules?: Rules) => {
  let exactly = 0
  let closely = 0
  for (const city of CITIES) {
    const { conclusions } = publish(city, rules)
    const bounds = boundsOfFew(city, conclusions)
    exactly += bounds.filter(({ low, high }) => low === high).length + solvedFew(city, conclusions).length
    closely += bounds.filter(({ low, high }) => low > 0 || high < 9).length
  }
  return { exactly, closely }
}

describe('whoever solves for a count under ten from all that is published', () => {
  it('finds none, nor any more closely than that it is under ten', () => {
    expect(attack()).toEqual({ exactly: 0, closely: 0 })
  })

  it('finds many where counts are published plainly and each small one is left out', () => {
    const { exactly, closely } = attack({ plain: true })
    expect(exactly).toBeGreaterThan(100)
    expect(closely).toBeGreaterThan(100)
  })

  it('comes closer where the mean of a bucket rests on what is suppressed in it', () => {
    expect(attack({ everyMean: true }).closely).toBeGreaterThan(0)
  })
})

/** Every city of so many zones and times with up to so many people in it, and what each publishes. */
const everyCity = function* (zones: number, times: number, most: number): Generator<SmallCity> {
  const cells = zones * times
  for (let code = 0; code < (most + 1) ** cells; code += 1) {
    const flat = Array.from({ length: cells }, (_, i) => Math.floor(code / (most + 1) ** i) % (most + 1))
    const city = Array.from({ length: zones }, (_, zone) => flat.slice(zone * times, (zone + 1) * times))
    const isFull = (time: number): boolean => city.reduce((sum, zone) => sum + (zone[time] ?? 0), 0) > most
    if (!Array.from({ length: times }, (_, time) => time).some(isFull)) yield city
  }
}

/**
 * The strongest attacker there can be: tries every world and keeps those that publish the same. Returns how few of the
 * ten values a count under ten may still have, at the worst.
 */
const fewestLeft = <World>(
  worlds: Iterable<World>,
  publishWorld: (world: World) => unknown,
  countsIn: (world: World) => readonly number[],
): number => {
  const alike = new Map<string, World[]>()
  for (const world of worlds) {
    const key = JSON.stringify(publishWorld(world))
    const others = alike.get(key)
    if (others) others.push(world)
    else alike.set(key, [world])
  }
  let fewest = 10
  for (const group of alike.values()) {
    const counts = group.map(countsIn)
    for (let cell = 0; cell < (counts[0]?.length ?? 0); cell += 1) {
      const few = new Set(counts.map((of) => of[cell] ?? 0).filter((count) => count < 10))
      if (few.size > 0) fewest = Math.min(fewest, few.size)
    }
  }
  return fewest
}

const fewestPeople = (zones: number, times: number, most: number, rules?: Rules): number =>
  fewestLeft(
    everyCity(zones, times, most),
    (city) => publish(city, rules).numbers,
    (city) => sensorsOf(city).flatMap((sensor) => countsOf(city, sensor)),
  )

describe('whoever tries every city that would publish the same', () => {
  // Up to the end of a ten, so that every city that publishes the same is tried.
  it.each([
    [1, 3, 24],
    [3, 1, 24],
    [2, 2, 14],
  ])('is left with all ten values of each count under ten (%d zones, %d times)', (zones, times, most) => {
    expect(fewestPeople(zones, times, most)).toBe(10)
  })

  it.each<[string, Rules]>([
    ['counts are published plainly', { plain: true }],
    ['the mean of a bucket rests on what is suppressed in it', { everyMean: true }],
    ['forecasts are made from what was counted', { exactForecasts: true }],
  ])('is left with fewer where %s', (_, rules) => {
    expect(fewestPeople(1, 3, 14, rules)).toBeLessThan(10)
  })
})

describe('whoever tries every ballot that would publish the same', () => {
  const weekMs = 7 * 86_400_000
  const nowMs = Date.UTC(2026, 10, 30)
  type Tell = (hours: Parameters<typeof discloseVotes>[1]) => unknown
  const asPublished: Tell = (hours) => discloseVotes('citizen', hours, { timeZone: 'UTC', nowMs })
  /** Two places, two choices and two weeks, up to fourteen votes each: what is told of each place, week and of all. */
  const left = (tell: Tell): number =>
    fewestLeft(
      everyCity(1, 3, 14),
      ([votes = []]) => {
        const hours = votes.map((count, i) => ({
          zone: i === 1 ? 'hall' : '',
          choice: i === 1 ? ('warm' as const) : ('cold' as const),
          hourMs: nowMs - weekMs * (i === 2 ? 2 : 1),
          votes: count,
        }))
        return [hours, hours.slice(0, 2), hours.slice(0, 1), hours.slice(1, 2)].map(tell)
      },
      ([votes = []]) => votes,
    )

  it('is left with all ten values of each number under ten', () => {
    expect(left(asPublished)).toBe(10)
  })

  it('is left with fewer where each sum is rounded by itself', () => {
    const roundedSum: Tell = (hours) => disclosePeople(countVotes(hours).votes).people
    expect(left(roundedSum)).toBeLessThan(10)
  })
})
