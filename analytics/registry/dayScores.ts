import type { DatabaseSync } from 'node:sqlite'
import { atomically, queryOf } from '../../store/sqlite.ts'

/**
 * How a model did on one local day of one building, by its last issue before the day began. Sums, so that days can be
 * added up; only hours that were measured.
 */
export interface DayScore {
  building: string
  /** Start of the local day. */
  dayMs: number
  /** Hours scored. */
  hours: number
  /** Sum over hours of the mean pinball loss of the nine quantiles, in the unit of the series. */
  pinball: number
  /** Sum of the squared errors of the medians. */
  squares: number
  /** Hours inside the interval from the 0.1 to the 0.9 quantile. */
  inside: number
  /** Sum of what was measured. */
  truth: number
}

/** Scores of models day by day; late data replace them. */
export interface DayScores {
  /** Durable when it returns. */
  put(model: string, scores: readonly DayScore[]): void
  /** Days in `[fromMs, toMs)`, ascending by building and day. */
  range(model: string, fromMs: number, toMs: number): DayScore[]
}

export const createDayScores = (db: DatabaseSync): DayScores => {
  const put = db.prepare('INSERT OR REPLACE INTO day_score VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  const range = queryOf<DayScore>(
    db.prepare(
      `SELECT building, day_ms AS dayMs, hours, pinball, squares, inside, truth FROM day_score
       WHERE model = ? AND day_ms >= ? AND day_ms < ? ORDER BY building, day_ms`,
    ),
  )
  return {
    put(model, scores) {
      atomically(db, () => {
        for (const { building, dayMs, hours, pinball, squares, inside, truth } of scores)
          put.run(model, building, dayMs, hours, pinball, squares, inside, truth)
      })
    },
    range: (model, fromMs, toMs) => range.all(model, fromMs, toMs).map((score) => ({ ...score })),
  }
}
