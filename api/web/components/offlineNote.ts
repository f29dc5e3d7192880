import { html } from 'hono/html'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'

/** Shown by the page's script alone, when renewing has failed: the numbers are as old as this page. */
export const offlineNote = (format: Format, nowMs: number): Html =>
  html`<p class="offline-note" role="status">
    ${format.words('site.offline', { time: format.time(nowMs) })}
  </p>`
