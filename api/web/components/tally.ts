import { html } from 'hono/html'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { Reliability } from '../view.ts'
import { percentOf } from './hatch.ts'
import { numeral } from './number.ts'

/** How right the forecasts were: so many days of so many inside the range, one bar a day, hollow for a miss. */
export const tally = (format: Format, { days, daysInside, errorPercent }: Reliability): Html => {
  const { words } = format
  const counts = { days: format.number(days), inside: format.number(daysInside) }
  return html`<section class="tally" aria-label="${words('tally.question')}">
    <p class="tally-number">
      ${numeral(counts.inside, { size: 'fact' })}
      <span class="of">${words('tally.of')}</span> ${numeral(counts.days, { size: 'fact' })}
    </p>
    <div>
      <p>
        <strong>${words('tally.question')}</strong> ${words('tally.answer', counts)}
        ${errorPercent === null ? '' : words('tally.error', { error: format.number(errorPercent, 1) })}
        ${days < 30 ? words('tally.young', { days }) : ''}
      </p>
      <svg width="100%" height="20" aria-hidden="true">
        ${Array.from({ length: days }, (_, index) => {
          const width = 0.7 / days
          return html`<rect
            x="${percentOf(index / days + 0.15 / days)}"
            y="2"
            width="${percentOf(width)}"
            height="16"
            class="${index < daysInside ? 'tally-in' : 'tally-out'}"
          />`
        })}
      </svg>
      <p class="note">${words('tally.share')}</p>
    </div>
  </section>`
}
