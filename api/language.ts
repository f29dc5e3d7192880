import type { MiddlewareHandler } from 'hono'
import { languageDetector } from 'hono/language'
import type { ApiContext } from './context.ts'

/** Remembers the language that a visitor chose; the page sets it when `?lang` is given. */
export const LANGUAGE_COOKIE = 'nadi_language'

/** `?lang`, else the cookie, else `Accept-Language`, else the city's: in `c.get('language')`. */
export const languageMiddleware = (context: ApiContext): MiddlewareHandler =>
  languageDetector({
    order: ['querystring', 'cookie', 'header'],
    lookupQueryString: 'lang',
    lookupCookie: LANGUAGE_COOKIE,
    supportedLanguages: ['id', 'en'],
    fallbackLanguage: context.language,
    caches: false,
  })

/** How demonstration data are marked, by language. */
export const DEMONSTRATION_NOTICE = { id: 'data demonstrasi', en: 'demonstration data' } as const
