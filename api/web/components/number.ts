import { html } from 'hono/html'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'

/** A number as the hero of its place: condensed digits, the unit at two fifths of their size. */
export const numeral = (
  value: string,
  { unit = '', size, state = 'measured' }: { unit?: string; size: NumeralSize; state?: NumeralState },
): Html =>
  html`<span class="numeral numeral-${size} is-${state}"
    >${value}${unit === '' ? '' : html`<span class="unit">${unit}</span>`}</span
  >`

/** `di bawah 10`: a number that is only known to be lower, with its words above it. */
export const belowNumeral = (
  format: Format,
  count: number,
  { unit = '', size }: { unit?: string; size: NumeralSize },
): Html => {
  const [before = ''] = format.words('people.below', { count: '#' }).split('#')
  return html`<span class="few few-${size}"
    ><span>${before.trim()}</span> ${numeral(format.number(count), { unit, size, state: 'below' })}</span
  >`
}

/** Name of a size: the ledger, a row, a fact, the answer, one building. */
export type NumeralSize = 'ledger' | 'row' | 'fact' | 'answer' | 'building' | 'best'

/** `expected` is a forecast (dashed underline), `old` a last known number (muted), `below` a bound, `none` a dash. */
export type NumeralState = 'measured' | 'expected' | 'old' | 'below' | 'none'

/** What stands where a number is not known: a dash, never zero. */
export const NO_NUMBER = '–'
