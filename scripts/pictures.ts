import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { launchBrowser, takePicture } from '../test/support/browser.ts'
import { testCity } from '../test/support/city.ts'

/** `node scripts/run.mjs scripts/pictures.ts`: the README's pictures, taken of a demonstration city with 60 days. */
const folder = path.resolve(import.meta.dirname, '../docs/pictures')
mkdirSync(folder, { recursive: true })

await using city = await testCity({ NADI_HISTORY_DAYS: '60' })
const { http } = await city.start()
await using browser = await launchBrowser()
const take = (
  name: string,
  url: string,
  look: {
    width: number
    scheme?: 'light' | 'dark'
    language?: 'id' | 'en'
    fullPage?: boolean
    height?: number
  },
) =>
  takePicture(browser, `${http}${url}?lang=${look.language ?? 'id'}`, {
    path: path.join(folder, `${name}.png`),
    ...look,
  })

await take('overview-desktop', '/', { width: 1280, height: 1200, fullPage: false })
await take('building-phone', '/buildings/shared-office', {
  width: 390,
  height: 1400,
  fullPage: false,
  language: 'en',
})
await take('building-phone-dark', '/buildings/library', {
  width: 390,
  height: 1400,
  fullPage: false,
  scheme: 'dark',
})
await take('overview-phone', '/', { width: 390, height: 1400, fullPage: false })
await take('building-desktop', '/buildings/shared-office', { width: 1280, fullPage: true, scheme: 'dark' })
