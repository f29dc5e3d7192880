import { html } from 'hono/html'
import type { Html } from '../layout.ts'
import { percentOf } from './hatch.ts'

export interface RulerOptions {
  /** The sentence that the picture says. */
  spoken: string
  from: number
  to: number
  /** The good or usual range, cut at the ruler's ends. */
  band: { low: number; high: number } | null
  pointer: { value: number; old: boolean } | null
  ends: readonly [string, string]
  kind: 'temperature' | 'co2' | 'power'
}

/** A line with the good range as a band and a pointer where the number is; hatched when the number is old. */
export const ruler = ({ spoken, from, to, band, pointer, ends, kind }: RulerOptions): Html => {
  const at = (value: number): number => Math.min(1, Math.max(0, (value - from) / (to - from)))
  return html`<svg class="ruler ruler-${kind}" width="100%" height="52" role="img" aria-label="${spoken}">
    <line x1="0" x2="100%" y1="20" y2="20" class="ruler-line" />
    ${band ? html`<rect x="${percentOf(at(band.low))}" width="${percentOf(at(band.high) - at(band.low))}" y="13" height="14" class="ruler-band" />` : ''}
    ${pointer ? pointerMark(at(pointer.value), pointer.old) : ''}
    <text x="0" y="48" class="tick">${ends[0]}</text>
    <text x="100%" y="48" text-anchor="end" class="tick">${ends[1]}</text>
  </svg>`
}

/** Ends on the line, so that a narrow band is seen below it. Kept inside the drawing at both ends: a pointer is 6 px wide. */
const pointerMark = (share: number, old: boolean): Html => {
  const shift = share < 0.02 ? 0 : share > 0.98 ? -6 : -3
  return html`<g transform="translate(${shift} 0)"
    ><rect
      x="${percentOf(share)}"
      y="0"
      width="6"
      height="20"
      class="${old ? 'hatch' : 'pointer'}"
    />${old ? html`<rect x="${percentOf(share)}" y="0" width="6" height="20" class="pointer-old" />` : ''}</g
  >`
}
