import { refusedReasons } from '../store/pointsRefused.ts'
import type { WrongRecords } from './judgePack.ts'

declare global {
  /** ECMAScript, "JSON.parse source text access", which TypeScript's libraries do not declare yet. */
  interface JSON {
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown
    rawJSON(text: string): object
    isRawJSON(value: unknown): boolean
  }
}

/** Above this many wrong records in one pack, those with the same reason are kept together. */
const MOST_ALONE = 20

const BASE_FIELDS = ['bn', 'bt', 'bu', 'bv', 'bver'] as const

/**
 * The wrong records of a pack that was understood, each as a pack of one with the base fields that held for it, so
 * that it can be read, and taken in again, alone. `reasons` is by position in the pack.
 */
export const wrongRecords = (
  payload: Uint8Array,
  reasons: ReadonlyMap<number, string>,
): readonly WrongRecords[] => {
  const items = asSent(payload)
  // The only record is kept byte for byte.
  const only = items.length === 1 ? reasons.get(0) : undefined
  if (only !== undefined) return [{ reason: only, payload: new TextDecoder().decode(payload) }]
  const base: Record<string, unknown> = {}
  const alone: { reason: string; record: unknown }[] = []
  items.forEach((item, index) => {
    if (isObject(item)) for (const field of BASE_FIELDS) if (field in item) base[field] = item[field]
    const reason = reasons.get(index)
    if (reason !== undefined) alone.push({ reason, record: isObject(item) ? { ...base, ...item } : item })
  })
  if (alone.length <= MOST_ALONE) {
    return alone.map(({ reason, record }) => ({ reason, payload: JSON.stringify([record]) }))
  }
  return [...Map.groupBy(alone, ({ reason }) => reason)].map(([reason, group]) => ({
    reason,
    payload: JSON.stringify(group.map(({ record }) => record)),
  }))
}

/**
 * The records of a pack that the store will never take: to send them again would not help. `positions` says where in the
 * pack each appended reading stood. Throws any other error than `points-refused`.
 */
export const refusedRecords = (
  error: unknown,
  payload: Uint8Array,
  positions: readonly number[],
): readonly WrongRecords[] => {
  const reasons = refusedReasons(error)
  if (reasons === undefined) throw error
  return wrongRecords(
    payload,
    new Map(Array.from(reasons, ([index, reason]) => [positions[index] ?? -1, reason])),
  )
}

/** The items of a pack, its numbers as they are written: one like 1e999 is none to JavaScript. */
const asSent = (payload: Uint8Array): readonly unknown[] => {
  const raw = (_key: string, value: unknown, { source }: { source?: string }): unknown =>
    typeof value === 'number' && source !== undefined ? JSON.rawJSON(source) : value
  return JSON.parse(new TextDecoder().decode(payload), raw) as unknown[]
}

const isObject = (item: unknown): item is Record<string, unknown> =>
  typeof item === 'object' && item !== null && !Array.isArray(item) && !JSON.isRawJSON(item)
