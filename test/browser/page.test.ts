import AxeBuilder from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApi } from '../../api/app.ts'
import { webRoutes } from '../../api/web/routes.ts'
import { launchBrowser, openWindow } from '../support/browser.ts'
import { readOverview } from '../support/pageNumbers.ts'
import { FIXTURE_PAGES, serveFixtures } from '../support/pageServer.ts'
import { serveApi } from '../support/serveApi.ts'
import { openSimulatedCity, type SimulatedCity } from '../support/simulatedCity.ts'

const paths = Object.keys(FIXTURE_PAGES)
const stack = new AsyncDisposableStack()
let browser: Browser
let fixturesUrl = ''

beforeAll(async () => {
  browser = stack.adopt(await launchBrowser(), (it) => it.close())
  const server = stack.use(await serveFixtures())
  fixturesUrl = server.url
})
afterAll(() => stack.disposeAsync())

describe('every state of the page', () => {
  it.each([
    ['light', 'id'],
    ['dark', 'en'],
  ] as const)('meets WCAG 2.2 AA in the %s scheme (%s)', async (scheme, language) => {
    const context = await openWindow(browser, { width: 390, scheme, language })
    try {
      const page = await context.newPage()
      for (const path of [
        '/normal',
        '/closed',
        '/failing',
        '/b-normal',
        '/b-silent',
        '/b-doubtful',
        '/b-failing',
        '/b-voted',
        '/b-refused',
        '/r-looking',
      ]) {
        await page.goto(`${fixturesUrl}${path}?lang=${language}`)
        const { violations } = await new AxeBuilder({ page })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
          .analyze()
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
        expect(found, path).toEqual([])
      }
    } finally {
      await context.close()
    }
  })

  it('has no sideways scroll from 320 px up', async () => {
    const context = await openWindow(browser, { width: 320 })
    try {
      const page = await context.newPage()
      for (const path of paths) {
        await page.goto(`${fixturesUrl}${path}?lang=en`)
        for (const width of [320, 390, 768, 992, 1280]) {
          await page.setViewportSize({ width, height: 900 })
          const shown = await page.evaluate('document.documentElement.scrollWidth')
          expect(shown, `${path} at ${width}`).toBeLessThanOrEqual(width)
        }
      }
    } finally {
      await context.close()
    }
  })

  it('runs no code and breaks no rule of its content security policy', async () => {
    const context = await openWindow(browser, { width: 1280 })
    try {
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('console', (message) => {
        if (/content security policy|refused/i.test(message.text())) complaints.push(message.text())
      })
      page.on('pageerror', (error) => complaints.push(error.message))
      for (const path of paths) await page.goto(`${fixturesUrl}${path}`)
      expect(complaints).toEqual([])
    } finally {
      await context.close()
    }
  })
})

describe('the page of a city that runs', () => {
  let city: SimulatedCity
  let url = ''

  beforeAll(async () => {
    city = stack.use(await openSimulatedCity({ nowMs: Date.UTC(2026, 10, 24, 2, 15), days: 2 }))
    ;({ url } = stack.use(await serveApi(createApi(city.context))))
  })

  it.each(['id', 'en'] as const)('shows the numbers of /v1, without script (%s)', async (language) => {
    const context = await openWindow(browser, { width: 1280, language, javaScript: false })
    try {
      const page = await context.newPage()
      await page.goto(`${url}/?lang=${language}`)
      const shown = await readOverview(page, language)
      const answer = await fetch(`${url}/v1/buildings`)
      const { items } = (await answer.json()) as {
        items: { id: string; capacityPeople: number; now: Record<string, { value: number | null }> }[]
      }
      expect(shown.map(({ id }) => id).toSorted()).toEqual(items.map(({ id }) => id).toSorted())
      for (const { id, capacityPeople, now } of items) {
        const row = shown.find((building) => building.id === id)
        const people = now.occupancy?.value ?? null
        expect(row?.people, `people of ${id}`).toBe(people)
        if (people !== null) expect(row?.fullPercent, id).toBe(Math.round((people / capacityPeople) * 20) * 5)
        expect(row?.temperatureCelsius, id).toBeCloseTo(now.temperature?.value ?? NaN, 0)
        expect(row?.powerKw, id).toBe(Math.round((now.power?.value ?? NaN) / 1000))
      }
    } finally {
      await context.close()
    }
  })

  it('leads from the list to a building and back, by keyboard, without script', async () => {
    const context = await openWindow(browser, { width: 390, javaScript: false })
    try {
      const page = await context.newPage()
      await page.goto(url)
      await page.locator('#row-shared-office h3 a').focus()
      await page.keyboard.press('Enter')
      await page.waitForURL('**/buildings/shared-office')
      expect(await page.locator('h1').textContent()).toBe('Kantor Bersama')
      await page.locator('#energy-numbers summary').focus()
      await page.keyboard.press('Enter')
      expect(await page.locator('#energy-numbers tbody tr').count()).toBe(48)
      await page.locator('.back a').click()
      await page.waitForURL(`${url}/`)
    } finally {
      await context.close()
    }
  })

  it('weighs less than 150 KB with its font', async () => {
    const page = await (await fetch(url, { headers: { 'accept-encoding': 'identity' } })).text()
    const parts = [
      '/assets/nadi.css',
      '/assets/live.js',
      '/assets/instrument-sans.woff2',
      '/assets/favicon.svg',
    ]
    const sizes = await Promise.all(
      parts.map(async (part) => (await (await fetch(`${url}${part}`)).arrayBuffer()).byteLength),
    )
    // Not compressed at all, which is more than what is sent.
    expect(page.length + sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000)
  })

  it('remembers the language that was chosen', async () => {
    const chosen = await fetch(`${url}/?lang=en`)
    const cookie = chosen.headers.get('set-cookie')?.split(';')[0] ?? ''
    const later = await fetch(url, { headers: { cookie, 'accept-language': 'id' } })
    expect(await later.text()).toContain('<html lang="en">')
  })

  it('says that numbers cannot be read when the store does not answer', async () => {
    const { context } = city
    const down = new Error('the store is down')
    const app = webRoutes({
      ...context,
      observations: {
        ...context.observations,
        latest: () => Promise.reject(down),
        buckets: () => Promise.reject(down),
      },
    })
    const overview = await app.request('/')
    expect(overview.status).toBe(200)
    expect(await overview.text()).toContain('Angka tidak bisa dibaca sekarang')
    const building = await app.request('/buildings/library')
    expect(building.status).toBe(200)
    expect(await building.text()).toContain('Perpustakaan Kota')
    expect((await app.request('/buildings/nowhere')).status).toBe(404)
  })
})
