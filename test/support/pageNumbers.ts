import type { Page } from 'playwright-core'

/** What the page shows of one building's row, read as a visitor reads it: plain numbers, `.` and `,` resolved. */
export interface ShownBuilding {
  id: string
  /** Per cent of the capacity; null when no number is shown. */
  fullPercent: number | null
  /** Rounded count; null when it is not told. */
  people: number | null
  temperatureCelsius: number | null
  powerKw: number | null
}

/** The number that a text begins with after any sign, in the page's language; null when there is none. */
export const numberIn = (text: string | null | undefined, language: 'id' | 'en'): number | null => {
  const match = /\d[\d.,]*/.exec(text ?? '')
  if (!match) return null
  const digits = match[0].replace(/[.,]$/, '')
  return Number(language === 'id' ? digits.replaceAll('.', '').replace(',', '.') : digits.replaceAll(',', ''))
}

/** Every building's numbers on the overview, in the order shown. Compare them with `/v1/buildings`. */
export const readOverview = async (page: Page, language: 'id' | 'en'): Promise<ShownBuilding[]> => {
  const rows = await page.locator('.row').all()
  return Promise.all(
    rows.map(async (row) => {
      const text = async (selector: string): Promise<string | null> => {
        const found = row.locator(selector)
        return (await found.count()) === 0 ? null : found.first().textContent()
      }
      const sentence = await text('.row-name p')
      const counted = /±\s*([\d.,]+)|about ([\d.,]+)/.exec(sentence ?? '')
      return {
        id: ((await row.getAttribute('id')) ?? '').replace(/^row-/, ''),
        fullPercent: numberIn(await text('.row-number .numeral.is-measured:has(.unit)'), language),
        people: counted ? numberIn(counted[1] ?? counted[2], language) : null,
        temperatureCelsius: numberIn(await text('.fact-inside .fact-value'), language),
        powerKw: numberIn(await text('.fact-power .fact-value'), language),
      }
    }),
  )
}
