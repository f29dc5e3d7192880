import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Context } from 'hono'
import { html } from 'hono/html'
import type { ApiEnv } from '../env.ts'
import { layout, type Html, type LayoutOptions } from '../web/layout.ts'

/** Where the stylesheet of these pages is served, beside the citizen page's own. */
export const STAFF_STYLE = '/staff.css'

export const readStaffStyle = (): string => readFileSync(path.join(import.meta.dirname, 'staff.css'), 'utf8')

/** A page for people who work here, in the frame of the citizen page; never kept by a browser. */
export const staffPage = (
  c: Context<ApiEnv>,
  {
    title,
    path,
    body,
    demonstration,
  }: Pick<LayoutOptions, 'title' | 'path' | 'demonstration'> & { body: Html },
): Html => {
  c.header('Cache-Control', 'no-store')
  return layout({
    title,
    language: c.get('language'),
    ...(path !== undefined && { path }),
    ...(demonstration && { demonstration }),
    body: html`<link rel="stylesheet" href="${STAFF_STYLE}" />
      <div class="wrap staff">
        <h1>${title}</h1>
        ${body}
      </div>`,
  })
}
