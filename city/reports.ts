/** Reports of citizens about a building: what they may be about, how far they are, how long their texts may be. */
export const REPORT_CATEGORIES = [
  'cooling',
  'air',
  'lighting',
  'water',
  'cleanliness',
  'lift',
  'access',
  'other',
] as const
export type ReportCategory = (typeof REPORT_CATEGORIES)[number]

/** `received`: nobody has read it yet; `looking`: somebody sees to it; `done` and `declined` close it. */
export const REPORT_STATUSES = ['received', 'looking', 'done', 'declined'] as const
export type ReportStatus = (typeof REPORT_STATUSES)[number]

/** True for a status that ends a report. */
export const closesReport = (status: ReportStatus): boolean => status === 'done' || status === 'declined'

/** Longest text of a report, an outcome or what votes changed, in bytes of UTF-8. */
export const MAX_TEXT_BYTES = 2_000

const encoder = new TextEncoder()
/** Control characters but tab and line ends. */
// oxlint-disable-next-line no-control-regex -- those are what is looked for
const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/

/**
 * True for a text that can be kept and shown: whole characters, no control characters, and not too long in bytes (a
 * limit in letters would let some writing be four times as large).
 */
export const isPlainText = (text: string): boolean =>
  text.isWellFormed() && !CONTROL.test(text) && encoder.encode(text).length <= MAX_TEXT_BYTES

/** A text that staff write for citizens, in one language or both. */
export interface Told {
  id?: string | undefined
  en?: string | undefined
}
