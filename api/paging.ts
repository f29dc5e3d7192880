import type { Context } from 'hono'
import { wrongParameter } from './localTime.ts'

/** The following page's path and query: this request's own, with the given parameters replaced. */
export const nextPage = (c: Context, replaced: Readonly<Record<string, string>>): string => {
  const url = new URL(c.req.url)
  for (const [name, value] of Object.entries(replaced)) url.searchParams.set(name, value)
  return `${url.pathname}?${url.searchParams.toString()}`
}

/**
 * The first `limit` of the records that were found, and where those behind them begin: null when there are none.
 * `found` holds one more than a page does when there are more; `behind` is the parameter that begins after a record.
 */
export const pageOf = <T>(
  c: Context,
  found: readonly T[],
  limit: number,
  behind: (last: T) => Readonly<Record<string, string>>,
): { page: T[]; next: string | null } => {
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return { page, next: found.length > limit && last !== undefined ? nextPage(c, behind(last)) : null }
}

/** Where the page behind the record called `after` begins. Throws `invalid-input` when that record is gone. */
export const startAfter = (names: readonly string[], after: string | undefined): number => {
  if (after === undefined) return 0
  const index = names.indexOf(after)
  if (index < 0)
    throw wrongParameter('after', `one of this list, which "${after}" is not (any more); begin without it`)
  return index + 1
}
