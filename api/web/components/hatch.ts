import { html } from 'hono/html'
import type { Html } from '../layout.ts'

/** The hatch that means "no data", defined once a page and used by every drawing on it. */
export const hatchDefinition = (): Html =>
  html`<svg class="definitions" width="0" height="0" aria-hidden="true" focusable="false">
    <defs>
      <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path d="M1.2 0v6" class="hatch-line" />
      </pattern>
    </defs>
  </svg>`

/** Rounds a position in percent: two decimals are finer than a pixel at any width. */
export const percentOf = (share: number): string => `${Math.round(share * 10_000) / 100}%`
