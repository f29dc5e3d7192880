import { IntlMessageFormat } from 'intl-messageformat'
import { en } from './messages/en.ts'
import { id, type MessageKey } from './messages/id.ts'

/** The languages of the page, Indonesian first. */
export const LANGUAGES = ['id', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

/** Says a message in the page's language. Returns plain text: whoever puts it into a page escapes it. */
export type Words = (key: MessageKey, values?: Readonly<Record<string, string | number>>) => string

const MESSAGES = { id, en }

/** The locale that numbers, dates and plurals follow. */
export const localeOf = (language: Language): string => (language === 'id' ? 'id-ID' : 'en-GB')

/** The words of one language; each message is parsed once, when it is first needed. */
export const createWords = (language: Language): Words => {
  const parsed = new Map<MessageKey, IntlMessageFormat>()
  const locale = localeOf(language)
  return (key, values) => {
    let message = parsed.get(key)
    if (!message) {
      message = new IntlMessageFormat(MESSAGES[language][key], locale, undefined, { ignoreTag: true })
      parsed.set(key, message)
    }
    return String(message.format({ ...values }))
  }
}
