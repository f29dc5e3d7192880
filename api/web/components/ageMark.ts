import { html } from 'hono/html'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { Freshness } from '../view.ts'

/** When it was measured: a disc (solid fresh, hatched old, dashed silent, empty not yet), the time and the age in words. */
export const ageMark = (
  format: Format,
  { timeMs, nowMs, freshness }: { timeMs: number | null; nowMs: number; freshness: Freshness | 'failing' },
): Html => {
  const { words } = format
  if (timeMs === null || freshness === 'none' || freshness === 'failing') {
    return html`<span class="age"
      >${disc(freshness)}<span class="age-time"
        >${words(freshness === 'failing' ? 'state.failing' : 'state.none')}</span
      ></span
    >`
  }
  const meaning =
    freshness === 'fresh'
      ? format.age(timeMs, nowMs)
      : words(freshness === 'old' ? 'state.old' : 'state.silent')
  return html`<span class="age age-${freshness}"
    >${disc(freshness)}<span class="age-time">${format.moment(timeMs, nowMs)}</span>
    ${meaning === '' ? '' : html`<span class="age-words">${meaning}</span>`}</span
  >`
}

/** The disc alone; words always stand beside it. */
export const disc = (freshness: Freshness | 'failing'): Html => {
  const shape = {
    fresh: html`<circle cx="6" cy="6" r="4.5" class="disc-solid" />`,
    old: html`<circle cx="6" cy="6" r="4.75" class="disc-edge" /><path d="M3 9l6-6" class="disc-edge" />`,
    silent: html`<circle cx="6" cy="6" r="4.75" class="disc-edge" stroke-dasharray="2.5 2.2" />`,
    none: html`<circle cx="6" cy="6" r="4.75" class="disc-edge" />`,
    failing: html`<path d="M2.5 2.5l7 7M9.5 2.5l-7 7" class="disc-edge" />`,
  }[freshness]
  return html`<svg
    class="disc disc-${freshness}"
    width="12"
    height="12"
    viewBox="0 0 12 12"
    aria-hidden="true"
  >
    ${shape}
  </svg>`
}
