import { html } from 'hono/html'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'

export interface NumbersTable {
  id: string
  caption: string
  /** Head of each column, the first one of the row heads. */
  head: readonly string[]
  rows: readonly (readonly string[])[]
}

/** The numbers of a chart as a table, folded under it. */
export const numbersTable = ({ words }: Format, { id, caption, head, rows }: NumbersTable): Html =>
  html`<details class="numbers" id="${id}">
    <summary>${words('chart.table')}</summary>
    <div class="numbers-scroll" tabindex="0" role="region" aria-label="${caption}">
      <table>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            ${head.map((text) => html`<th scope="col">${text}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ([first = '', ...others]) =>
              html`<tr>
                <th scope="row">${first}</th>
                ${others.map((text) => html`<td>${text}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`
