/** Bugs that can be built into a simulated world's wiring, to show that the simulation finds them. */
export const PLANTS = [
  'acknowledge-before-commit',
  'release-before-puback',
  'no-duplicate-control',
  'no-flush',
  'lost-wake-up',
  'wrong-range',
  'uncounted-drop',
] as const

export type Plant = (typeof PLANTS)[number]

export const isPlant = (name: string): name is Plant => PLANTS.some((plant) => plant === name)
