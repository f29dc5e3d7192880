import { launchBrowser, openPage, openWindow } from '../test/support/browser.ts'

/**
 * First contentful paint in milliseconds (Paint Timing, W3C) and kilobytes transferred of one page, each time by a
 * browser that has nothing of it yet, on a phone's screen.
 */
export const firstPaints = async (
  url: string,
  count: number,
): Promise<{ ms: number[]; kilobytes: number }> => {
  await using browser = await launchBrowser()
  const ms: number[] = []
  let kilobytes = 0
  for (let i = 0; i < count; i += 1) {
    const context = await openWindow(browser, { width: 390 })
    const page = await openPage(context, url)
    const [paintMs, bytes] = (await page.evaluate(MEASURED)) as [number, number]
    ms.push(paintMs)
    kilobytes = Math.round(bytes / 1000)
    await context.close()
  }
  return { ms, kilobytes }
}

/** Runs in the page, which may be loaded before it is painted. */
const MEASURED = `new Promise((resolve) => {
  new PerformanceObserver((list, observer) => {
    const paint = list.getEntriesByName('first-contentful-paint')[0]
    if (!paint) return
    observer.disconnect()
    const loads = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    resolve([paint.startTime, loads.reduce((sum, { transferSize }) => sum + transferSize, 0)])
  }).observe({ type: 'paint', buffered: true })
})`
