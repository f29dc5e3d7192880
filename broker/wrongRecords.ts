import { refusedReasons } from '../store/pointsRefused.ts'
import { TIME_FIELDS } from './adapters/fieldObject.ts'
import type { ForeignOrigin } from './adapters/index.ts'
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
  const items = asSent(payload) as readonly unknown[]
  // The only record is kept byte for byte.
  const only = items.length === 1 ? reasons.get(0) : undefined
  if (only !== undefined) return [{ reason: only, payload: new TextDecoder().decode(payload) }]
  const base: Record<string, unknown> = {}
  const alone: WrongRecord<unknown>[] = []
  items.forEach((item, index) => {
    if (isObject(item)) for (const field of BASE_FIELDS) if (field in item) base[field] = item[field]
    const reason = reasons.get(index)
    if (reason !== undefined) alone.push({ reason, record: isObject(item) ? { ...base, ...item } : item })
  })
  return toPacks(alone, JSON.stringify)
}

/** The same of a gateway's message: its wrong fields, each as an object of its own beside those that say when. */
export const wrongFields = (
  { payload, origins }: ForeignOrigin,
  reasons: ReadonlyMap<number, string>,
): readonly WrongRecords[] => {
  const only = origins.length === 1 ? reasons.get(0) : undefined
  if (only !== undefined) return [{ reason: only, payload: new TextDecoder().decode(payload) }]
  const fields = asSent(payload) as Readonly<Record<string, unknown>>
  const times = Object.entries(fields).filter(([field]) => TIME_FIELDS.has(field))
  const alone = Array.from(reasons, ([position, reason]) => {
    const { field = '' } = origins[position] ?? {}
    return { reason, record: [field, fields[field]] as const }
  })
  return toPacks(alone, (records) => JSON.stringify(Object.fromEntries([...times, ...records])))
}

/** Why the store will never take records, by their positions: to send them again would not help. Throws any other error. */
export const refusedRecords = (error: unknown, positions: readonly number[]): ReadonlyMap<number, string> => {
  const reasons = refusedReasons(error)
  if (reasons === undefined) throw error
  return new Map(Array.from(reasons, ([index, reason]) => [positions[index] ?? -1, reason]))
}

interface WrongRecord<T> {
  reason: string
  record: T
}

const toPacks = <T>(
  alone: readonly WrongRecord<T>[],
  write: (records: readonly T[]) => string,
): readonly WrongRecords[] => {
  if (alone.length <= MOST_ALONE) {
    return alone.map(({ reason, record }) => ({ reason, payload: write([record]) }))
  }
  return [...Map.groupBy(alone, ({ reason }) => reason)].map(([reason, group]) => ({
    reason,
    payload: write(group.map(({ record }) => record)),
  }))
}

/** JSON with its numbers as they are written: one like 1e999 is none to JavaScript. */
const asSent = (payload: Uint8Array): unknown => {
  const raw = (_key: string, value: unknown, { source }: { source?: string }): unknown =>
    typeof value === 'number' && source !== undefined ? JSON.rawJSON(source) : value
  return JSON.parse(new TextDecoder().decode(payload), raw)
}

const isObject = (item: unknown): item is Record<string, unknown> =>
  typeof item === 'object' && item !== null && !Array.isArray(item) && !JSON.isRawJSON(item)
