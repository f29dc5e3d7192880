export interface Scale {
  /** Round numbers above zero, a step of 1, 2, 2.5 or 5 apart. */
  ticks: number[]
  top: number
  /** How many decimals it takes to write every tick truly. */
  decimals: number
}

/** Three to five ticks, and the upper end of a scale that holds `highest`. `whole`: of what is counted. */
export const ticksFor = (highest: number, { whole = false } = {}): Scale => {
  const bound = Math.max(highest, 1e-9)
  const power = 10 ** Math.floor(Math.log10(bound))
  const steps = [5, 2.5, 2, 1, 0.5, 0.25, 0.2].map((factor) => factor * power)
  for (const step of whole ? steps.filter((size) => Number.isInteger(size)) : steps) {
    const decimals = decimalsOf(step)
    const below = Math.floor(bound / step + 1e-9)
    const roomy = (below + 1) * step
    // A little air above is better than one tick fewer; much air would crush what is drawn.
    if (below === 2 && roomy <= bound * 1.2) return { ticks: [step, 2 * step, roomy], top: roomy, decimals }
    if (below >= 3)
      return { ticks: Array.from({ length: below }, (_, i) => (i + 1) * step), top: bound, decimals }
  }
  return { ticks: [bound], top: bound, decimals: decimalsOf(bound) }
}

const decimalsOf = (step: number): number =>
  [0, 1, 2, 3, 4, 5].find(
    (decimals) => Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) < 1e-6,
  ) ?? 6
