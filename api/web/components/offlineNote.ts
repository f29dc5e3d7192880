import { html } from 'hono/html'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'

/** Shown when renewing has failed or a kept page stands in for the city's: the numbers are as old as this page. */
export const offlineNote = (format: Format, nowMs: number): Html =>
  html`<p class="offline-note" role="status">
    ${format.words('site.offline', { time: `${format.briefDate(nowMs)}, ${format.time(nowMs)}` })}
  </p>`
