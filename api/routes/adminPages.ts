import { z } from '@hono/zod-openapi'
import { startAfter } from '../paging.ts'
import { next, query, wholeNumber } from '../schemas.ts'

/** What the administrator's lists share: pages by name, and how a time is written. */

/** Query of a list that is read page by page: those after the name `after`. */
export const pageQuery = query({
  after: z.string().max(200).optional().openapi({ description: 'Begins after this one; see `next`' }),
  limit: wholeNumber(1, 1000, 100),
})

/** A page of records. */
export const pageSchema = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), next })

/** The page after the record named `after`, and the address of the following one. Throws when that record is gone. */
export const pageOf = <Item extends { name: string } | { id: string }>(
  all: readonly Item[],
  { after, limit }: { after?: string | undefined; limit: number },
  path: string,
): { items: Item[]; next: string | null } => {
  const nameOf = (item: Item): string => ('id' in item ? item.id : item.name)
  const begin = startAfter(all.map(nameOf), after)
  const items = all.slice(begin, begin + limit)
  const last = items.at(-1)
  const more = last !== undefined && begin + limit < all.length
  return {
    items,
    next: more
      ? `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams({ after: nameOf(last), limit: String(limit) }).toString()}`
      : null,
  }
}

/** An instant in UTC as ISO 8601, or null for none. */
export const timeOf = (timeMs: number | null): string | null =>
  timeMs === null ? null : new Date(timeMs).toISOString()

export const time = z.iso.datetime().openapi({ example: '2026-11-24T02:00:00.000Z' })
