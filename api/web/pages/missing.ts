import { html } from 'hono/html'
import type { Format } from '../format.ts'
import { layout, type Html } from '../layout.ts'

/** A building that the city does not know. */
export const missingPage = (format: Format, path: string): Html => {
  const { words } = format
  return layout({
    title: words('building.notFound'),
    language: format.language,
    path,
    body: html`<div class="wrap">
      <h1 class="answer answer-words">${words('building.notFound')}</h1>
      <p class="answer-why">${words('building.notFoundWhy')}</p>
      <p class="back"><a href="/">${words('building.back')}</a></p>
    </div>`,
  })
}

/** A private link that no report has. */
export const missingReportPage = (format: Format): Html => {
  const { words } = format
  return layout({
    title: words('reported.notFound'),
    language: format.language,
    path: '/reports/',
    body: html`<div class="wrap">
      <h1 class="answer answer-words">${words('reported.notFound')}</h1>
      <p class="answer-why">${words('reported.notFoundWhy')}</p>
      <p class="back"><a href="/">${words('building.back')}</a></p>
    </div>`,
  })
}
