import { html } from 'hono/html'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { Ike, IkeClass } from '../view.ts'
import { percentOf } from './hatch.ts'

const CLASSES: readonly IkeClass[] = ['veryEfficient', 'efficient', 'fair', 'wasteful']

/** Four steps with their limits and a pointer; the names stand below, the building's own in bold. */
export const ikeRuler = (format: Format, ike: Ike): Html => {
  const [, , last] = ike.limits
  const full = last * 1.3
  const at = (value: number): number => Math.min(1, Math.max(0, value / full))
  const edges = [0, ...ike.limits, full]
  const spoken = format.words('ike.spoken', {
    value: format.number(ike.value, 1),
    class: format.words(`ike.${ike.class}`),
  })
  const share = at(ike.value)
  return html`<svg class="ike" width="100%" height="64" role="img" aria-label="${spoken}">
    ${CLASSES.map((name, index) => {
      const from = at(edges[index] ?? 0)
      const to = at(edges[index + 1] ?? full)
      return html`<rect
        x="${percentOf(from)}"
        width="${percentOf(to - from)}"
        y="10"
        height="14"
        class="ike-${index + 1}"
      />`
    })}
    ${ike.limits.map((limit) => html`<rect x="${percentOf(at(limit))}" y="9" width="2" height="16" class="ike-gap" transform="translate(-1 0)" /><text x="${percentOf(at(limit))}" y="42" text-anchor="middle" class="tick">${format.number(limit, 1)}</text>`)}
    <rect
      x="${percentOf(share)}"
      y="2"
      width="6"
      height="30"
      class="pointer"
      transform="translate(${share > 0.98 ? -6 : -3} 0)"
    />
    ${CLASSES.map((name, index) => {
      const from = at(edges[index] ?? 0)
      const to = at(edges[index + 1] ?? full)
      const [x, anchor] =
        index === 0 ? ['0', 'start'] : index === 3 ? ['100%', 'end'] : [percentOf((from + to) / 2), 'middle']
      return html`<text
        x="${x}"
        y="60"
        text-anchor="${anchor}"
        class="tick${name === ike.class ? ' tick-strong' : ''}"
        >${shortName(format, name)}</text
      >`
    })}
  </svg>`
}

/** The class's name short enough to stand under its step. */
const shortName = (format: Format, name: IkeClass): string => {
  const full = format.words(`ike.${name}`).toLowerCase()
  return name === 'fair' ? (full.split(' ')[0] ?? full) : full
}
