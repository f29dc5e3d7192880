import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestApi, type TestApi } from '../api/testApi.ts'
import { launchBrowser, openPage, openWindow } from '../support/browser.ts'
import { serveApi } from '../support/serveApi.ts'

const stack = new AsyncDisposableStack()
let api: TestApi
let browser: Browser
let url = ''

beforeAll(async () => {
  api = stack.use(await openTestApi())
  ;({ url } = stack.use(await serveApi(api.app)))
  browser = stack.adopt(await launchBrowser(), (it) => it.close())
})
afterAll(() => stack.disposeAsync())

it('a citizen votes, reports and reads the answer by its link, by keyboard and without script', async () => {
  const context = await openWindow(browser, { width: 390, language: 'en', javaScript: false })
  const page = await openPage(context, `${url}/buildings/shared-office`)
  await page.locator('#vote-zone').selectOption('floor-2/zone-a')
  await page.locator('button[value=warm]').focus()
  await page.keyboard.press('Enter')
  await page.waitForURL('**/buildings/shared-office#suara')
  expect(await page.locator('.thanks').innerText()).toContain('“too warm” has been counted')
  expect(await page.locator('button[name=choice]').count()).toBe(0)

  await page.locator('#report-category').selectOption('lift')
  await page.locator('#report-text').fill(' ')
  await page.locator('#report-form button').click()
  await page.waitForURL('**/reports')
  expect(await page.locator('#report-text:focus').count()).toBe(1)
  await page.locator('#report-text').fill('It stops between floors 3 and 4')
  await page.locator('#report-form button').focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/reports\/[\w-]{43}$/)
  expect(await page.locator('h1').innerText()).toBe('Received')
  const link = await page.locator('.address').innerText()
  expect(link).toBe(page.url())

  const operator = await openWindow(browser, { width: 1280, language: 'en', javaScript: false })
  await api.context.catalogue.users.add('siti', 'operator', 'correct horse battery')
  const desk = await openPage(operator, `${url}/ops/citizens`)
  await desk.locator('#name').fill('siti')
  await desk.locator('#password').fill('correct horse battery')
  await desk.keyboard.press('Enter')
  await desk.waitForURL('**/ops/citizens')
  await desk.locator('.staff-report select').selectOption('done')
  await desk.locator('.staff-report textarea[lang=en]').fill('The brake was replaced.')
  await desk.locator('.staff-report button').click()
  await desk.waitForURL('**/ops/citizens#report-*')

  await page.goto(link)
  expect(await page.locator('h1').innerText()).toBe('Done')
  expect(await page.locator('main').innerText()).toContain('The brake was replaced.')
})

it('what somebody is writing stays while the page renews itself', async () => {
  const context = await openWindow(browser, { width: 390, language: 'en' })
  const page = await context.newPage()
  await page.clock.install()
  await page.goto(`${url}/buildings/library`)
  await page.locator('#report-text').fill('The tap')
  await page.locator('#report-text').blur()
  await page.evaluate(`document.querySelector('h1').id = 'old'`)
  await page.clock.fastForward(31_000)
  await page.waitForSelector('#old', { state: 'detached' })
  expect(await page.locator('#report-text').inputValue()).toBe('The tap')
  expect(await page.locator('#report-form').count()).toBe(1)
})
