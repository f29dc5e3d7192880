import type { DatabaseSync } from 'node:sqlite'
import { hourOf } from '../../city/partials.ts'
import type { VoteChoice } from '../../city/votes.ts'
import { queryOf } from '../sqlite.ts'

/** How many votes a part of a building got in one hour. */
export interface VotesOfHour {
  /** Path below the building, empty where the voter named none. */
  zone: string
  hourMs: number
  choice: VoteChoice
  votes: number
}

/** Votes as numbers of an hour alone: no row is one person's, and none says when within the hour it came. */
export interface VoteTable {
  /** Counts one; `zone` empty for the building as a whole. */
  add(building: string, zone: string, choice: VoteChoice, timeMs: number): void
  /** Those of the hours that begin in the range, `toMs` exclusive. */
  list(building: string, range: { fromMs: number; toMs: number }): VotesOfHour[]
}

export const voteTable = (db: DatabaseSync): VoteTable => {
  const add = db.prepare(
    `INSERT INTO vote_count (building, zone, hour_ms, choice, votes) VALUES (?, ?, ?, ?, 1)
     ON CONFLICT DO UPDATE SET votes = votes + 1`,
  )
  const list = queryOf<VotesOfHour>(
    db.prepare(
      `SELECT zone, hour_ms AS hourMs, choice, votes FROM vote_count
       WHERE building = ? AND hour_ms >= ? AND hour_ms < ? ORDER BY hour_ms, zone, choice`,
    ),
  )
  return {
    add(building, zone, choice, timeMs) {
      add.run(building, zone, hourOf(timeMs), choice)
    },
    list: (building, { fromMs, toMs }) => list.all(building, fromMs, toMs).map((hour) => ({ ...hour })),
  }
}
