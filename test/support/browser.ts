import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

/** Debian's Chromium, headless. Close it at the end of the scope: `await using browser = await launchBrowser()`. */
export const launchBrowser = async (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.NADI_TEST_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })

export interface Look {
  /** CSS pixels. */
  width: number
  height?: number
  scheme?: 'light' | 'dark'
  language?: 'id' | 'en'
  javaScript?: boolean
  scale?: number
}

/** A window of the given size, colour scheme and language. */
export const openWindow = (browser: Browser, look: Look): Promise<BrowserContext> =>
  browser.newContext({
    viewport: { width: look.width, height: look.height ?? 900 },
    colorScheme: look.scheme ?? 'light',
    locale: look.language === 'en' ? 'en-GB' : 'id-ID',
    javaScriptEnabled: look.javaScript ?? true,
    deviceScaleFactor: look.scale ?? 1,
    reducedMotion: 'reduce',
  })

/** Opens a page and waits until its type is there. */
export const openPage = async (context: BrowserContext, url: string): Promise<Page> => {
  const page = await context.newPage()
  await page.goto(url, { waitUntil: 'load' })
  // Not `waitForFunction`: where it must wait, it evaluates inside the page, which the content security policy forbids.
  await page.evaluate('document.fonts.ready.then(() => undefined)')
  return page
}

/** Takes a picture of a whole page and writes it to `path` (PNG). */
export const takePicture = async (
  browser: Browser,
  url: string,
  { path, fullPage = true, ...look }: Look & { path: string; fullPage?: boolean },
): Promise<void> => {
  const context = await openWindow(browser, look)
  try {
    const page = await openPage(context, url)
    await page.screenshot({ path, fullPage })
  } finally {
    await context.close()
  }
}
