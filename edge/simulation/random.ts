import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/**
 * Randomness that depends on what it is for and not on how often it was asked before: the same seed and key always
 * give the same numbers, so history and live, which reach a time by different ways, agree on it.
 */
export interface Random {
  /** From 0 up to, but not including, 1. */
  uniform(): number
  /** Mean 0, standard deviation 1, never beyond 3.5 (Irwin-Hall of four: quick, and no sensor strays without end). */
  normal(): number
}

export const keyedRandom = (seed: number, ...key: readonly number[]): Random => {
  const generator = xoroshiro128plus(key.reduce(mix, seed | 0))
  const uniform = (): number => (generator.next() >>> 0) / 2 ** 32
  return {
    uniform,
    normal: () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3),
  }
}

/** A seed for a name, such as a building's id (FNV-1a, 32 bit). */
export const seedOf = (name: string, seed = 0): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return mix(hash, seed)
}

/** Joins two 32-bit integers into one in which each bit of both shows (final mix of MurmurHash3). */
const mix = (a: number, b: number): number => {
  let h = Math.imul(a ^ Math.imul(b | 0, 0x9e3779b1), 0x85ebca6b) ^ Math.floor(b / 2 ** 32)
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}
