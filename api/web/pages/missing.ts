import { html } from 'hono/html'
import type { Format } from '../format.ts'
import { layout, type Html } from '../layout.ts'

/** A building that the city does not know. */
export const missingPage = (format: Format, path: string): Html =>
  missing(format, path, { title: 'building.notFound', why: 'building.notFoundWhy' })

/** A private link that no report has. */
export const missingReportPage = (format: Format): Html =>
  missing(format, '/reports/', { title: 'reported.notFound', why: 'reported.notFoundWhy' })

const missing = (
  { words, language }: Format,
  path: string,
  { title, why }: Record<'title' | 'why', Parameters<Format['words']>[0]>,
): Html =>
  layout({
    title: words(title),
    language,
    path,
    body: html`<div class="wrap">
      <h1 class="answer answer-words">${words(title)}</h1>
      <p class="answer-why">${words(why)}</p>
      <p class="back"><a href="/">${words('building.back')}</a></p>
    </div>`,
  })
