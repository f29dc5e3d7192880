import type { DatabaseSync } from 'node:sqlite'
import { QUALITY_KINDS } from '../city/quality/finding.ts'
import type { QualityQuestion, StoredFinding } from './quality.ts'
import { queryOf } from './sqlite.ts'

/** How kept findings are asked for: by the way that is short for the question. */
export interface QualitySearch {
  find(question: QualityQuestion): StoredFinding[]
  count(question: Omit<QualityQuestion, 'limit' | 'before'>): number
}

/** Up to so many Datastreams are looked up one by one; of more, findings are gone through from the newest on. */
const FEW = 50

const NEWEST_FIRST = 'ORDER BY from_ms DESC, datastream_id DESC, finding.kind DESC'
const COLUMNS =
  'datastream_id AS datastreamId, finding.kind AS kind, from_ms AS fromMs, to_ms AS toMs, count, detail'

/** One by one: through the primary key. All: through the index of beginnings, or of what lasts, which is little. */
const FROM = {
  each: `FROM json_each(?1) AS wanted CROSS JOIN json_each(?2) AS asked
    CROSS JOIN finding ON datastream_id = wanted.value AND finding.kind = asked.value WHERE true`,
  all: `FROM finding WHERE (?1 IS NULL OR datastream_id IN (SELECT value FROM json_each(?1)))
    AND finding.kind IN (SELECT value FROM json_each(?2))`,
} as const

export const createQualitySearch = (db: DatabaseSync): QualitySearch => {
  const prepare = (from: string, only: string) => {
    const where = `${from} AND from_ms < ?3 AND (to_ms IS NULL OR to_ms >= ?4) ${only}`
    return {
      find: queryOf<StoredFinding>(
        db.prepare(
          `SELECT ${COLUMNS} ${where} AND (?5 IS NULL OR (from_ms, datastream_id, finding.kind) < (?5, ?6, ?7))
           ${NEWEST_FIRST} LIMIT ?8`,
        ),
      ),
      count: queryOf<{ count: number }>(db.prepare(`SELECT count(*) AS count ${where}`)),
    }
  }
  const ways = {
    each: { any: prepare(FROM.each, ''), open: prepare(FROM.each, 'AND to_ms IS NULL') },
    all: { any: prepare(FROM.all, ''), open: prepare(FROM.all, 'AND to_ms IS NULL') },
  }
  const wayOf = ({ datastreamIds, open }: Pick<QualityQuestion, 'datastreamIds' | 'open'>) =>
    ways[datastreamIds !== undefined && datastreamIds.length <= FEW ? 'each' : 'all'][open ? 'open' : 'any']

  return {
    find: (question) => {
      const { before, limit } = question
      const rows = wayOf(question).find.all(
        ...whereOf(question),
        before?.fromMs ?? null,
        before?.datastreamId ?? null,
        before?.kind ?? null,
        limit,
      )
      return rows.map((row) => ({ ...row }))
    },
    count: (question) => wayOf(question).count.get(...whereOf(question))?.count ?? 0,
  }
}

const whereOf = ({
  datastreamIds,
  kinds = QUALITY_KINDS,
  fromMs = 0,
  toMs = LATEST_MS,
}: Omit<QualityQuestion, 'limit' | 'before'>) =>
  [
    datastreamIds === undefined ? null : JSON.stringify(datastreamIds),
    JSON.stringify(kinds),
    toMs,
    fromMs,
  ] as const

const LATEST_MS = 8_640_000_000_000_000
