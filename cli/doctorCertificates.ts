import type { CityClient } from './city.ts'
import { type Finding, well, wrong } from './finding.ts'

/** How long before its end each is told of: what renews itself should never come that near. */
const DAY_MS = 86_400_000
const SERVER_DAYS = 14
const ROOT_DAYS = 365

interface Authority {
  expiresAt: string
  server: { expiresAt: string }
}

/** When the city's certificates run out; nothing where the city has none. */
export const checkCertificates = async (city: CityClient, nowMs = Date.now()): Promise<Finding[]> => {
  const response = await city.fetch('/v1/authority')
  if (!response.ok) return []
  // The city's own answer, checked against its document by its own tests.
  const { expiresAt, server } = (await response.json()) as Authority
  const daysLeft = (at: string): number => Math.floor((Date.parse(at) - nowMs) / DAY_MS)
  return [
    daysLeft(server.expiresAt) >= SERVER_DAYS
      ? well('certificate', `valid until ${server.expiresAt}, renewed by itself`)
      : wrong(
          'certificate',
          `runs out ${server.expiresAt}`,
          'It should have been renewed: look at the log, and at the disk and the clock.',
        ),
    daysLeft(expiresAt) >= ROOT_DAYS
      ? well('authority', `valid until ${expiresAt}`)
      : wrong(
          'authority',
          `runs out ${expiresAt}`,
          'Plan its replacement: move secrets/authority away, restart, and issue each device a certificate.',
        ),
  ]
}
