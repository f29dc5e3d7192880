import { describe, expect, it } from 'vitest'
import { stylesheet } from '../../api/web/assets.ts'

/** Relative luminance and contrast: WCAG 2.2, definitions "relative luminance" and "contrast ratio". */
const luminance = (hex: string): number => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

const contrast = (a: string, b: string): number => {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

const tokensIn = (css: string): Record<string, string> =>
  Object.fromEntries(
    [...css.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1], match[2] ?? '']),
  )

const css = stylesheet()
const dark = css.indexOf('prefers-color-scheme: dark')
const schemes = {
  light: tokensIn(css.slice(0, dark)),
  dark: { ...tokensIn(css.slice(0, dark)), ...tokensIn(css.slice(dark, css.indexOf('@font-face'))) },
}

const TEXT = 4.5
const MARK = 3
/** What must stand out, against what, and by how much. */
const PAIRS: readonly (readonly [string, string, number])[] = [
  ['tinta', 'kabut', TEXT],
  ['tinta-2', 'kabut', TEXT],
  ['rimba', 'kabut', TEXT],
  ['manggis', 'kabut', TEXT],
  ['damar', 'kabut', TEXT],
  ['damar', 'damar-1', TEXT],
  ['laterit', 'kabut', TEXT],
  ['tinta', 'permukaan', TEXT],
  ['tinta', 'darat', TEXT],
  ['tinta-2', 'darat', TEXT],
  ...['air', 'hutan', 'jalan', 'lain'].map((land) => ['tinta', land, TEXT] as const),
  ['tinta-2', 'air', TEXT],
  ['tinta-2', 'hutan', TEXT],
  ['manggis', 'hutan', MARK],
  ['manggis', 'air', MARK],
  ['kabut', 'tinta', TEXT],
  ['spanduk-tinta', 'spanduk', TEXT],
  ['garis-2', 'kabut', MARK],
  ['arsir', 'kabut', MARK],
  ['damar-tepi', 'kabut', MARK],
  ['manggis', 'manggis-1', MARK],
  ['manggis', 'darat', MARK],
  ['garis-2', 'darat', MARK],
  ['tinta', 'pita', MARK],
]

describe.each(Object.entries(schemes))('in the %s scheme', (_, tokens) => {
  it.each(PAIRS)('%s stands out from %s by at least %s', (mark, ground, least) => {
    expect(contrast(tokens[mark] ?? '', tokens[ground] ?? '')).toBeGreaterThanOrEqual(least)
  })

  it('uses no colour that has no token', () => {
    const rules = css.slice(css.indexOf('}', css.indexOf('@font-face')), css.indexOf('@media print'))
    expect(rules.match(/#[0-9a-f]{3,8}\b|rgb\(|hsl\(/gi)).toBeNull()
  })
})
