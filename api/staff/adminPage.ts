import type { Context } from 'hono'
import { html } from 'hono/html'
import type { ApiEnv } from '../env.ts'
import type { Html } from '../web/layout.ts'
import { adminLinks, type AdminPage } from './adminLinks.ts'
import { ADMIN_TEXTS } from './adminTexts.ts'
import { staffPage } from './page.ts'
import { TEXTS } from './texts.ts'

/** The frame of the administrator's pages: the way to the others, what this one is for, and its body. */
export const adminPage = (
  c: Context<ApiEnv>,
  { page, lead, body }: { page: AdminPage; lead: string; body: Html },
): Html => {
  const language = c.get('language')
  return staffPage(c, {
    title: ADMIN_TEXTS[language][page],
    path: `/ops/${page}`,
    body: html`<p class="staff-who">
        <a href="/ops">${TEXTS[language].ops}</a> ${adminLinks(language, page)}
      </p>
      <p>${lead}</p>
      ${body}`,
  })
}
