import { Hono, type Context } from 'hono'
import { setCookie } from 'hono/cookie'
import type { ApiContext } from '../context.ts'
import type { ApiEnv } from '../env.ts'
import { LANGUAGE_COOKIE, languageMiddleware } from '../language.ts'
import { loadAssets, loadServiceWorker, type Asset } from './assets.ts'
import type { Html } from './layout.ts'
import { webManifest } from './manifest.ts'
import { createPageModel } from './model.ts'
import { buildingPage } from './pages/building.ts'
import { missingPage } from './pages/missing.ts'
import { offlinePage } from './pages/offline.ts'
import { overviewPage } from './pages/overview.ts'
import { privacyPage } from './pages/privacy.ts'
import type { Visit } from './voiceView.ts'
import { readVisit, voiceRoutes } from './voice.ts'
import { LANGUAGES } from './words.ts'

const ONE_YEAR_SECONDS = 365 * 24 * 3600
const FONT_CACHE = `public, max-age=${ONE_YEAR_SECONDS}`
/** Style and script change with a release under the same name, so a browser asks whether they did (`ETag`). */
const ASSET_CACHE = 'public, max-age=60, must-revalidate'

/**
 * The citizen page: `/`, `/buildings/{building}` and what they load. While the store does not answer they still hold
 * what is known without it, and say so.
 */
export const webRoutes = (context: ApiContext): Hono<ApiEnv> => {
  const assets = loadAssets()
  const model = createPageModel(context)
  const app = new Hono<ApiEnv>()

  const showBuilding = async (c: PageContext, id: string, visit: Visit, status: 200 | 400 | 429 = 200) => {
    const language = c.get('language')
    const view = await model.building(id, language)
    if (!view)
      return page(c, missingPage(model.format(language), `/buildings/${encodeURIComponent(id)}`), 404)
    const body = buildingPage(model.format(language, view.timeZone), view, visit)
    return page(c, body, status)
  }

  app.get('/assets/:name', (c) => {
    const name = c.req.param('name')
    const asset = assets.get(name)
    return asset ? serve(asset, name, c.req.header('if-none-match')) : c.notFound()
  })
  app.get('/favicon.ico', (c) => c.redirect('/assets/favicon.svg', 301))

  const worker = loadServiceWorker()
  app.get('/sw.js', (c) => serve(worker, 'sw.js', c.req.header('if-none-match')))

  for (const path of ['/', '/offline', '/manifest.webmanifest', '/privacy', '/buildings/*', '/reports/*'])
    app.use(path, languageMiddleware(context))

  app.get('/', async (c) => {
    const language = c.get('language')
    remember(c)
    const view = await model.overview(language, c.req.query())
    return page(c, overviewPage(model.format(language), view), 200)
  })

  app.get('/offline', (c) => page(c, offlinePage(model.format(c.get('language'))), 200))
  app.get('/manifest.webmanifest', (c) => {
    const language = c.get('language')
    return c.body(webManifest(language, context.city.name[language]), 200, {
      'content-type': 'application/manifest+json; charset=utf-8',
      'cache-control': ASSET_CACHE,
      vary: 'Accept-Language, Cookie',
    })
  })

  app.get('/privacy', (c) => {
    remember(c)
    const { rawDays = 0, reportDays = null, keepDays } = context
    const peopleDays = keepDays?.['occupancy'] ?? null
    return page(c, privacyPage(model.format(c.get('language')), { rawDays, reportDays, peopleDays }), 200)
  })

  app.get('/buildings/:building', async (c) => {
    remember(c)
    const id = c.req.param('building')
    return showBuilding(c, id, readVisit(c, context.now()))
  })
  app.route('/', voiceRoutes(context, model, { showBuilding, show: privatePage }))
  return app
}

type PageContext = Context<ApiEnv>

/** A choice by `?lang=` holds until another is made. */
const remember = (c: PageContext): void => {
  const asked = LANGUAGES.find((language) => language === c.req.query('lang'))
  if (!asked) return
  setCookie(c, LANGUAGE_COOKIE, asked, {
    path: '/',
    maxAge: ONE_YEAR_SECONDS,
    sameSite: 'Lax',
    httpOnly: true,
  })
}

/** Numbers change by the minute: a page may be kept, but never shown without asking. */
const page = async (c: PageContext, body: Html, status: 200 | 400 | 404 | 429): Promise<Response> => {
  c.header('Cache-Control', 'no-cache')
  c.header('Vary', 'Accept-Language, Cookie')
  c.header('Content-Language', c.get('language'))
  return c.html(body, status)
}

/** A page for one person: kept nowhere. */
const privatePage = async (c: PageContext, body: Html, status: 200 | 404): Promise<Response> => {
  const response = await page(c, body, status)
  response.headers.set('Cache-Control', 'private, no-store')
  return response
}

const serve = (asset: Asset, name: string, known: string | undefined): Response => {
  const headers = {
    'Content-Type': asset.contentType,
    'Cache-Control': name.endsWith('.woff2') ? FONT_CACHE : ASSET_CACHE,
    ETag: asset.etag,
  }
  const same = known?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === asset.etag) ?? false
  return same ? new Response(null, { status: 304, headers }) : new Response(asset.body, { headers })
}
