import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestApi, readJson } from '../api/testApi.ts'
import { launchBrowser, openPage, openWindow } from '../support/browser.ts'
import { serveApi } from '../support/serveApi.ts'
import { until } from '../support/until.ts'

const stack = new AsyncDisposableStack()
let server: Awaited<ReturnType<typeof serveApi>>

beforeAll(async () => {
  const api = stack.use(await openTestApi())
  await api.append({ datastream: 'library/temperature', timeMs: api.clock.nowMs - 60_000, value: 24.7 })
  server = stack.use(await serveApi(api.app))
})
afterAll(() => stack.disposeAsync())

it('the page shows what it knew when the city cannot be reached, and says from when that is', async () => {
  const { url } = server
  const browser = stack.adopt(await launchBrowser(), (it) => it.close())
  const context = await openWindow(browser, { width: 390, language: 'en' })
  const page = await openPage(context, `${url}/`)
  await until(() => page.evaluate<boolean>('navigator.serviceWorker.controller !== null'), {
    what: 'the service worker',
  })
  await page.goto(`${url}/buildings/library`)
  expect(await page.locator('.offline-note').isVisible()).toBe(false)
  await until(() => page.evaluate<boolean>(`caches.match('/').then((page) => page !== undefined)`), {
    what: 'the first page to be kept',
  })
  const manifest = await readJson(await fetch(`${url}/manifest.webmanifest`))
  expect(manifest).toMatchObject({ start_url: '/', display: 'standalone', lang: 'id' })
  for (const { src } of manifest.icons) expect((await fetch(url + src)).status).toBe(200)
  await server[Symbol.asyncDispose]()

  await page.goto(`${url}/buildings/library?lang=en`)
  expect(await page.locator('.offline-note').innerText()).toBe(
    'Connection lost. The numbers on this page are from Tue 24 Nov, 10:00.',
  )
  expect(await page.locator('main').innerText()).toContain('24.7')
  await page.goto(`${url}/`)
  expect(await page.locator('.offline-note').isVisible()).toBe(true)
  expect(await page.locator('#row-library').innerText()).toContain('24.7')
  await page.goto(`${url}/buildings/shared-office`)
  expect(await page.locator('h1').innerText()).toBe('No connection')
  const kept: string[] = await page.evaluate(
    `caches.open('nadi-1').then((it) => it.keys()).then((keys) => keys.map(({ url }) => new URL(url).pathname))`,
  )
  expect(kept.filter((path) => !/^\/($|assets\/|buildings\/library$|offline$|manifest)/.test(path))).toEqual(
    [],
  )
})
