import type { Logger } from 'pino'
import type { Catalogue } from './catalogue/catalogue.ts'

const DAY_MS = 86_400_000
const AGAIN_AFTER_MS = 3_600_000

/** Erases the texts of reports that have been closed for so many days: now, and every hour until it is closed. */
export const createReportRetention = ({
  catalogue,
  days,
  now,
  log,
}: {
  catalogue: Pick<Catalogue, 'reports' | 'audit'>
  days: number
  now: () => number
  log: Logger
}): { close(): void } => {
  const erase = (): void => {
    try {
      const texts = catalogue.reports.eraseTexts(now() - days * DAY_MS)
      if (texts === 0) return
      catalogue.audit.record({
        actor: { kind: 'city', id: 'retention' },
        action: 'report.erase',
        subject: 'texts of closed reports',
        detail: { texts, days },
      })
    } catch (error) {
      log.warn({ err: error }, 'texts of old reports could not be erased; it is tried again in an hour')
    }
  }
  erase()
  const timer = setInterval(erase, AGAIN_AFTER_MS)
  timer.unref()
  return { close: () => clearInterval(timer) }
}
