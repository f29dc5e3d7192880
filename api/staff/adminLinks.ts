import { html } from 'hono/html'
import type { Html } from '../web/layout.ts'
import type { Language } from '../web/words.ts'
import { ADMIN_TEXTS } from './adminTexts.ts'

const PAGES = ['people', 'keys', 'devices'] as const
export type AdminPage = (typeof PAGES)[number]

/** Links to the administrator's pages; the one that is open is marked. */
export const adminLinks = (language: Language, open?: AdminPage): Html =>
  html`${PAGES.map(
    (page) =>
      html`<a href="/ops/${page}" ${page === open ? html` aria-current="page"` : ''}
        >${ADMIN_TEXTS[language][page]}</a
      > `,
  )}`
