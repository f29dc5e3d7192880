import { html } from 'hono/html'
import { createWords, type Language } from './words.ts'

/** A piece of page: escaped text that `hono/html` makes. */
export type Html = ReturnType<typeof html>

export interface LayoutOptions {
  /** Of the document; the site's name is added. */
  title: string
  language: Language
  /** What stands in `<main>`. */
  body: Html
  /** Path of this page, for the link to the other language. */
  path?: string
  /** Whether the page shows simulated data, and whether all of it is. */
  demonstration?: 'all' | 'some' | 'none'
  /** Which part of the site this is. */
  current?: 'buildings' | 'none'
  /** Renews itself while it is open (the citizen page); left out for forms. */
  live?: boolean
  /** What times on this page are in, `WITA`; said in the footer. */
  timeZoneName?: string
}

/** The frame of every page: head, banner, navigation, `<main>`, footer. Loads nothing from outside. */
export const layout = (options: LayoutOptions): Html => {
  const { title, language, body, path = '/', demonstration = 'none', current = 'none' } = options
  const words = createWords(language)
  const other = language === 'id' ? 'en' : 'id'
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="theme-color" content="#f4f7f5" media="(prefers-color-scheme: light)" />
        <meta name="theme-color" content="#0d1512" media="(prefers-color-scheme: dark)" />
        <title>${title === 'Nadi' ? title : `${title} · Nadi`}</title>
        <link rel="preload" href="/assets/instrument-sans.woff2" as="font" type="font/woff2" crossorigin />
        <link rel="stylesheet" href="/assets/nadi.css" />
        <link rel="icon" href="/assets/favicon.svg" type="image/svg+xml" />
        <link rel="apple-touch-icon" href="/assets/icon-180.png" />
        <link rel="manifest" href="/manifest.webmanifest" />
        ${options.live ? html`<script type="module" src="/assets/live.js"></script>` : ''}
      </head>
      <body>
        <a class="skip" href="#isi">${words('site.skip')}</a>
        ${demonstration === 'none' ? '' : banner(language, demonstration)}
        <header class="masthead">
          <div class="wrap">
            <a class="brand" href="/" aria-label="${words('site.home')}">${mark()}<span>Nadi</span></a>
            <nav aria-label="${words('site.navigation')}">
              <ul>
                <li>
                  <a href="/" ${current === 'buildings' ? html` aria-current="page"` : ''}
                    >${words('site.buildings')}</a
                  >
                </li>
                <li><a href="/docs">${words('site.data')}</a></li>
              </ul>
            </nav>
            <a class="language" href="${path}?lang=${other}" hreflang="${other}" lang="${other}"
              >${other === 'en' ? 'English' : 'Bahasa Indonesia'}</a
            >
          </div>
        </header>
        <main id="isi" tabindex="-1">${body}</main>
        <footer class="footer">
          <div class="wrap">
            <div>
              <strong>Nadi</strong>
              <p>${words('site.claim')}</p>
            </div>
            <ul>
              <li><a href="/docs">${words('site.openData')}</a></li>
              <li><a href="/v1/buildings">${words('site.machine')}</a></li>
              <li><a href="/privacy">${words('site.privacy')}</a></li>
              <li><a href="/login">${words('site.staff')}</a></li>
            </ul>
            ${options.timeZoneName ? html`<p class="note">${words('site.timeZone', { zone: options.timeZoneName })}</p>` : ''}
          </div>
        </footer>
      </body>
    </html>`
}

const banner = (language: Language, extent: 'all' | 'some'): Html => {
  const words = createWords(language)
  return html`<p class="demonstration">
    <strong>${words('demo.banner')}</strong> ${words(extent === 'all' ? 'demo.all' : 'demo.some')}
  </p>`
}

/** The mark: posts under a roof line, as a day is drawn everywhere on the page. */
const mark = (): Html =>
  html`<svg class="mark" width="34" height="28" viewBox="0 0 34 28" aria-hidden="true">
    <path d="M1 2.5h32M1 26.5h32" class="mark-line" />
    <path d="M5 26V16h4v10zM12 26V11h4v15zM19 26V14h4v12z" class="mark-post" />
    <path d="M26.75 25.5v-6h2.5v6" class="mark-line" />
  </svg>`
