import { keyedRandom } from '../../edge/simulation/random.ts'

/** Who is killed, and when: drawn from a seed, so that the same seed gives the same schedule. */
export interface Kill<V extends Killed = Killed> {
  victims: readonly V[]
  /** What is awaited of the first victim before `delayMs` begins. */
  moment: Moment
  delayMs: number
  /** How long the victims stay down. */
  downMs: number
}

export type Victim = 'core' | 'agent' | 'client'
export type Killed = Victim | 'influx'

/**
 * `start`: the process was just started (code is being loaded). `opening`: it opens its files. `connecting`: the core
 * listens and the senders are coming back. `draining`: the first acknowledgement after the start has come.
 */
export type Moment = 'start' | 'opening' | 'connecting' | 'draining'

const VICTIMS: readonly (readonly Victim[])[] = [
  ['core'],
  ['core'],
  ['core'],
  ['agent'],
  ['agent'],
  ['core', 'agent'],
  ['core', 'agent'],
  ['core', 'agent', 'client'],
]

/** Each moment with the longest delay after it. */
const MOMENTS: readonly (readonly [Moment, number])[] = [
  ['start', 400],
  ['opening', 80],
  ['connecting', 150],
  ['draining', 300],
  ['draining', 1200],
  ['draining', 1200],
]

const LONGEST_DOWN_MS = 250

/** Where InfluxDB is the store: how often it is killed alone, and how often at all. */
const INFLUX_ALONE = 0.25
const INFLUX_AT_ALL = 0.4

export const killsOf = (seed: number, rounds: number): Kill<Victim>[] =>
  Array.from({ length: rounds }, (_, round) => {
    const random = keyedRandom(seed, round)
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random.uniform() * items.length)] as T
    const [moment, longestMs] = pick(MOMENTS)
    return {
      victims: pick(VICTIMS),
      moment,
      delayMs: Math.floor(random.uniform() * longestMs),
      downMs: Math.floor(random.uniform() * LONGEST_DOWN_MS),
    }
  })

/** The same, with InfluxDB among those that are killed. */
export const killsWithInflux = (seed: number, rounds: number): Kill[] =>
  killsOf(seed, rounds).map((kill, round) => {
    const drawn = keyedRandom(seed, round, 1).uniform()
    if (drawn < INFLUX_ALONE) return { ...kill, victims: ['influx'] }
    return drawn < INFLUX_AT_ALL ? { ...kill, victims: [...kill.victims, 'influx'] } : kill
  })
