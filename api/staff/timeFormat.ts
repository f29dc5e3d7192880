import { localeOf, type Language } from '../web/words.ts'

/** Days, or with `timeStyle` times, as the staff pages write them. */
export const timeFormat = (
  language: Language,
  timeZone: string,
  timeStyle?: 'short' | 'medium',
): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(localeOf(language), {
    timeZone,
    dateStyle: 'medium',
    ...(timeStyle && { timeStyle }),
  })
