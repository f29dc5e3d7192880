/** Three or four round numbers from zero up that cover `highest`. */
export const ticksFor = (highest: number): { ticks: number[]; top: number } => {
  const rough = Math.max(highest, 1e-9) / 3
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power
  const count = Math.max(1, Math.ceil(highest / step - 1e-9))
  return { ticks: Array.from({ length: count }, (_, index) => (index + 1) * step), top: Math.max(highest, step) }
}
