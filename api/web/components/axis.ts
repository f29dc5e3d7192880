/** Three or four round numbers above zero, and the upper end of a scale that holds `highest`. */
export const ticksFor = (highest: number): { ticks: number[]; top: number } => {
  const bound = Math.max(highest, 1e-9)
  const power = 10 ** Math.floor(Math.log10(bound))
  for (const step of [5, 2.5, 2, 1, 0.5, 0.25, 0.2].map((factor) => factor * power)) {
    const below = Math.floor(bound / step + 1e-9)
    const roomy = (below + 1) * step
    // A little air above is better than one tick fewer; much air would crush what is drawn.
    if (below === 2 && roomy <= bound * 1.2) return { ticks: [step, 2 * step, roomy], top: roomy }
    if (below >= 3) return { ticks: Array.from({ length: below }, (_, i) => (i + 1) * step), top: bound }
  }
  return { ticks: [bound], top: bound }
}
