import type { Format } from '../format.ts'
import type { BuildingSummary } from '../view.ts'
import { whenWords } from './answerLedger.ts'

/** `Buka sampai 16.00`, `Tutup, buka besok 07.30`, `Buka siang malam`, or that it is not known. */
export const openingWords = (
  format: Format,
  { open, opensNextMs, closesMs }: BuildingSummary,
  nowMs: number,
): string => {
  const { words } = format
  if (open === 'unknown') return words('hours.unknown')
  if (open === 'open') {
    return closesMs === null
      ? words('hours.always')
      : words('hours.openUntil', { time: format.time(closesMs) })
  }
  return opensNextMs === null
    ? words('hours.closed')
    : words('hours.closedToday', { when: whenWords(format, opensNextMs, nowMs) })
}
