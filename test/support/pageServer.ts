import { createServer } from 'node:http'
import { once } from 'node:events'
import { loadAssets } from '../../api/web/assets.ts'
import { createFormat } from '../../api/web/format.ts'
import type { Html } from '../../api/web/layout.ts'
import { buildingPage } from '../../api/web/pages/building.ts'
import { offlinePage } from '../../api/web/pages/offline.ts'
import { overviewPage } from '../../api/web/pages/overview.ts'
import { privacyPage } from '../../api/web/pages/privacy.ts'
import { reportPage } from '../../api/web/pages/report.ts'
import type { Language } from '../../api/web/words.ts'
import * as buildings from './pageBuildings.ts'
import * as overviews from './pageOverviews.ts'

const TIME_ZONE = 'Asia/Makassar'

/** Every fixture page by its path, so that a browser can look at each state. */
export const FIXTURE_PAGES: Readonly<Record<string, (language: Language) => Html>> = {
  '/normal': (language) => overviewPage(createFormat(language, TIME_ZONE), overviews.overview()),
  '/empty': (language) => overviewPage(createFormat(language, TIME_ZONE), overviews.emptyOverview()),
  '/stale': (language) => overviewPage(createFormat(language, TIME_ZONE), overviews.staleOverview()),
  '/failing': (language) => overviewPage(createFormat(language, TIME_ZONE), overviews.failingOverview()),
  '/closed': (language) => overviewPage(createFormat(language, TIME_ZONE), overviews.closedOverview()),
  '/b-normal': (language) => buildingPage(createFormat(language, TIME_ZONE), buildings.building()),
  '/b-empty': (language) => buildingPage(createFormat(language, TIME_ZONE), buildings.emptyBuilding()),
  '/b-silent': (language) => buildingPage(createFormat(language, TIME_ZONE), buildings.silentBuilding()),
  '/b-old': (language) => buildingPage(createFormat(language, TIME_ZONE), buildings.oldBuilding()),
  '/b-doubtful': (language) => buildingPage(createFormat(language, TIME_ZONE), buildings.doubtfulBuilding()),
  '/b-voted': (language) =>
    buildingPage(createFormat(language, TIME_ZONE), buildings.building(), buildings.voted),
  '/b-refused': (language) =>
    buildingPage(createFormat(language, TIME_ZONE), buildings.building(), buildings.refused),
  '/offline': (language) => offlinePage(createFormat(language, TIME_ZONE)),
  '/r-looking': (language) => reportPage(createFormat(language, TIME_ZONE), buildings.report()),
  '/r-erased': (language) =>
    reportPage(
      createFormat(language, TIME_ZONE),
      buildings.report({
        report: { ...buildings.report().report, text: null, status: 'declined' },
        outcome: null,
      }),
    ),
  '/privacy': (language) =>
    privacyPage(createFormat(language, TIME_ZONE), {
      rawDays: 400,
      reportDays: 90,
      peopleDays: 730,
    }),
  '/b-failing': (language) => buildingPage(createFormat(language, TIME_ZONE), buildings.failingBuilding()),
}

/** Serves the fixture pages on loopback, with the content security policy that the city serves them under. */
export const serveFixtures = async (): Promise<AsyncDisposable & { url: string }> => {
  const assets = loadAssets()
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const asset = assets.get(url.pathname.replace('/assets/', ''))
    const page = FIXTURE_PAGES[url.pathname]
    if (asset) {
      response.writeHead(200, { 'content-type': asset.contentType }).end(asset.body)
    } else if (page) {
      const policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'"
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policy,
      })
      Promise.resolve(page(url.searchParams.get('lang') === 'en' ? 'en' : 'id')).then(
        (body) => response.end(String(body)),
        (error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))),
      )
    } else {
      response.writeHead(404).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
