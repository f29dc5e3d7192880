import { keyedRandom } from '../../edge/simulation/random.ts'

/** Who is killed, and when: drawn from a seed, so that the same seed gives the same schedule. */
export interface Kill {
  victims: readonly Victim[]
  /** What is awaited of the first victim before `delayMs` begins. */
  moment: Moment
  delayMs: number
  /** How long the victims stay down. */
  downMs: number
}

export type Victim = 'core' | 'agent' | 'client'

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

export const killsOf = (seed: number, rounds: number): Kill[] =>
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
