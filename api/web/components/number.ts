import { html } from 'hono/html'
import type { Html } from '../layout.ts'

/** A number as the hero of its place: condensed digits, the unit at two fifths of their size. */
export const numeral = (
  value: string,
  { unit = '', size, state = 'measured' }: { unit?: string; size: NumeralSize; state?: NumeralState },
): Html =>
  html`<span class="numeral numeral-${size} is-${state}"
    >${value}${unit === '' ? '' : html`<span class="unit">${unit}</span>`}</span
  >`

/** Name of a size: the ledger, a row, a fact, the answer, one building. */
export type NumeralSize = 'ledger' | 'row' | 'fact' | 'answer' | 'building' | 'best'

/** `expected` is a forecast (dashed underline), `old` a last known number (muted), `none` a dash. */
export type NumeralState = 'measured' | 'expected' | 'old' | 'none'

/** What stands where a number is not known: a dash, never zero. */
export const NO_NUMBER = '–'
