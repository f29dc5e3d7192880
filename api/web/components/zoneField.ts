import { html } from 'hono/html'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'
import type { Zone } from '../voiceView.ts'

/** Where in the building: a choice of its parts, "all of it" first; nothing where no parts are known. */
export const zoneField = (
  format: Format,
  zones: readonly Zone[],
  { id, chosen = null }: { id: string; chosen?: string | null },
): Html | '' =>
  zones.length === 0
    ? ''
    : html`<div class="field">
        <label for="${id}">${format.words('voice.where')}</label>
        <select id="${id}" name="zone">
          <option value="">${format.words('voice.wholeBuilding')}</option>
          ${zones.map(
            (zone) =>
              html`<option value="${zone.id}" ${zone.id === chosen ? html` selected` : ''}>
                ${zone.name}
              </option>`,
          )}
        </select>
      </div>`
