import { html } from 'hono/html'
import type { Html } from '../web/layout.ts'

/** A table of staff pages; on a phone each row is a block, every value beside its name. */
export const rowsTable = (
  label: string,
  heads: readonly string[],
  rows: readonly (readonly (Html | string)[])[],
): Html =>
  html`<div class="staff-table" tabindex="0" role="region" aria-label="${label}">
    <table>
      <thead>
        <tr>
          ${heads.map((head) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell, i) => html`<td data-label="${heads[i] ?? ''}"><div>${cell}</div></td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`

/** A form that is one button: an act about one row. `about` tells a screen reader which. */
export const actButton = (action: string, label: string, about: string): Html =>
  html`<form method="post" action="${action}">
    <button class="plain" type="submit" aria-label="${label}: ${about}">${label}</button>
  </form>`
