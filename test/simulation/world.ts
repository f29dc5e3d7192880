import { setImmediate as oneTurn } from 'node:timers/promises'
import { uniformFloat64 } from './randomness.ts'

/**
 * A world of its own: its time passes only from event to event, its chance comes from the seed, and what happens in it
 * is written down. Everything that runs in it gets time and chance from here, so a seed always tells the same story.
 */
export interface World {
  /** Milliseconds since the world began. */
  nowMs(): number
  /** Runs later; the result takes it back. */
  after(delayMs: number, run: () => void): () => void
  chance: Chance
  /** Writes down what happened; the text is asked for only when somebody reads along. */
  tell(text: () => string): void
  readonly story: readonly string[]
  /** Runs everything up to a time, or until nothing is left to happen, or until `done`. */
  runUntil(untilMs: number, done?: () => boolean): Promise<void>
}

export interface Chance {
  /** From 0 up to, but not including, 1. */
  share(): number
  /** A whole number, both ends included. */
  whole(least: number, most: number): number
  happens(probability: number): boolean
  oneOf<T>(choices: readonly T[]): T
}

interface Happening {
  atMs: number
  order: number
  run: (() => void) | undefined
}

export const createWorld = (seed: number, { tells = false } = {}): World => {
  const share = uniformFloat64(seed)
  const queue: Happening[] = []
  const story: string[] = []
  let nowMs = 0
  let order = 0

  const whole = (least: number, most: number): number => least + Math.floor(share() * (most - least + 1))

  const insert = (happening: Happening): void => {
    let low = 0
    let high = queue.length
    while (low < high) {
      const middle = (low + high) >>> 1
      // The soonest stands last: it is taken from the end.
      if ((queue[middle]?.atMs ?? 0) > happening.atMs) low = middle + 1
      else high = middle
    }
    queue.splice(low, 0, happening)
  }

  return {
    nowMs: () => nowMs,
    after(delayMs, run) {
      const happening: Happening = { atMs: nowMs + Math.max(0, delayMs), order: order++, run }
      insert(happening)
      return () => {
        happening.run = undefined
      }
    },
    chance: {
      share,
      whole,
      happens: (probability) => share() < probability,
      oneOf: (choices) => choices[whole(0, choices.length - 1)] as (typeof choices)[number],
    },
    tell(text) {
      if (tells) story.push(`${nowMs.toFixed(3).padStart(11)}  ${text()}`)
    },
    story,
    async runUntil(untilMs, done) {
      for (let next = queue.at(-1); next && next.atMs <= untilMs; next = queue.at(-1)) {
        queue.pop()
        if (!next.run) continue
        nowMs = next.atMs
        next.run()
        await everythingSettled()
        if (done?.()) return
      }
      nowMs = Math.max(nowMs, untilMs)
    },
  }
}

/**
 * All promises that can go on have gone on; nothing in a world waits for a timer of this machine. What a promise put
 * off to the end of its turn (`turnQueue.ts`) has its turn too.
 */
const everythingSettled = async (): Promise<void> => {
  await oneTurn()
  await oneTurn()
}
