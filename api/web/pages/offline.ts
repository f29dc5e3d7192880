import { html } from 'hono/html'
import type { Format } from '../format.ts'
import { layout, type Html } from '../layout.ts'

/** Shown by the service worker for a page that was never seen here, while there is no connection. */
export const offlinePage = (format: Format): Html => {
  const { words } = format
  return layout({
    title: words('offline.title'),
    language: format.language,
    path: '/offline',
    live: true,
    body: html`<div class="wrap">
      <h1 class="answer answer-words">${words('offline.title')}</h1>
      <p class="answer-why">${words('offline.why')}</p>
      <p class="back"><a href="/">${words('building.back')}</a></p>
    </div>`,
  })
}
