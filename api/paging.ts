import type { Context } from 'hono'

/** The following page's path and query: this request's own, with the given parameters replaced. */
export const nextPage = (c: Context, replaced: Readonly<Record<string, string>>): string => {
  const url = new URL(c.req.url)
  for (const [name, value] of Object.entries(replaced)) url.searchParams.set(name, value)
  return `${url.pathname}?${url.searchParams.toString()}`
}
