import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage, openWindow } from '../support/browser.ts'
import { type Run, type TestCity, testCity } from '../support/city.ts'
import { numberIn } from '../support/pageNumbers.ts'
import { until } from '../support/until.ts'

/** The page of the real city in a real browser: its numbers are those of `/v1`, and they move by themselves. */
let city: TestCity
let run: Run
let post: (value: number) => Promise<void>

beforeAll(async () => {
  city = await testCity()
  run = await city.start()
  const { stdout } = await city.nadi('devices', 'add', 'annex-meter', '--building', 'annex', '--json')
  const { device, password } = JSON.parse(stdout)
  const { connectAsync } = await import('mqtt')
  post = async (value) => {
    const client = await connectAsync(run.mqtt, { clientId: device, username: device, password })
    await client.publishAsync(
      `nadi/v1/${device}/observations`,
      JSON.stringify([{ n: 'annex/temperature', v: value }]),
      { qos: 1 },
    )
    await client.endAsync()
  }
})
afterAll(() => city[Symbol.asyncDispose]())

describe('the page of a building', () => {
  it('shows what /v1 says, and what is stored while it is open without being loaded again', async () => {
    await using browser = await launchBrowser()
    const language = 'en'
    await using context = await openWindow(browser, { width: 390, language })
    await post(23.4)
    const page = await openPage(context, `${run.http}/buildings/annex?lang=${language}`)
    const shown = async (): Promise<number | null> =>
      numberIn(await page.locator('.gauge-number').first().textContent(), language)
    const told = async (): Promise<number> =>
      (await city.get('/v1/buildings/annex/now')).body.temperature.value

    expect(await shown()).toBe(23.4)
    expect(await told()).toBe(23.4)
    await page.evaluate('globalThis.neverLoadedAgain = true')

    await post(26.8)
    await until(async () => (await shown()) === 26.8, {
      timeoutMs: 60_000,
      what: 'the new value on the page',
    })
    expect(await told()).toBe(26.8)
    expect(await page.evaluate('globalThis.neverLoadedAgain')).toBe(true)
  })

  it('agrees with /v1 in every simulated building', async () => {
    await using browser = await launchBrowser()
    await using context = await openWindow(browser, { width: 1280, language: 'id' })
    const { body } = await city.get('/v1/buildings')
    for (const { id, demonstration } of body.items) {
      if (!demonstration) continue
      // The value changes every few seconds, so one reading of page and interface may straddle a change.
      await until(
        async () => {
          const before = (await city.get(`/v1/buildings/${id}/now`)).body
          const page = await openPage(context, `${run.http}/buildings/${id}?lang=id`)
          const gauges = await page.locator('.gauge-number').allTextContents()
          const after = (await city.get(`/v1/buildings/${id}/now`)).body
          await page.close()
          const [temperature, co2, power] = gauges.map((text) => numberIn(text, 'id'))
          const tenths = (value: number): number => Math.round(value * 10) / 10
          return [before, after].some(
            (now) =>
              temperature === tenths(now.temperature.value) &&
              Math.abs((co2 ?? 0) - now.co2.value) <= 5 &&
              Math.abs((power ?? 0) - now.power.value / 1000) <= 0.5,
          )
        },
        { timeoutMs: 60_000, what: `the page of ${id} to say what /v1 says` },
      )
    }
  })
})
