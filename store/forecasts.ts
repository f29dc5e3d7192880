import { NadiError } from '../city/errors.ts'
import { atomically, openDatabase, queryOf, type Migrations } from './sqlite.ts'

/**
 * Forecasts beside the observations, never among them: one issue is a series, its issue time and nine quantiles for
 * each hour ahead. Issues are kept for 400 days, so that they can be scored when the truth has arrived and a season be
 * held against the one a year before.
 */
export interface ForecastStore {
  /**
   * Durable when it returns. The same (building, property, issuedAtMs) replaces; issues of the series that are more
   * than 400 days older than this one go, a hundred at a time. Throws `invalid-input` when
   * quantiles cross, are not nine finite numbers, or hours are not ascending.
   */
  put(issue: ForecastIssue): void
  /** The newest issue of a series, or undefined. */
  newest(building: string, property: ForecastProperty): ForecastIssue | undefined
  /** The newest issue of a series with `issuedAtMs <= atMs`, or undefined. */
  newestUntil(building: string, property: ForecastProperty, atMs: number): ForecastIssue | undefined
  /** Issues with `fromMs <= issuedAtMs < toMs`, ascending. */
  range(building: string, property: ForecastProperty, fromMs: number, toMs: number): ForecastIssue[]
  /** Removes the issues of a building since a time, of all its properties; returns how many there were. */
  removeSince(building: string, fromMs: number): number
  close(): void
}

export type ForecastProperty = 'energy' | 'occupancy'

/** The nine quantiles of the project, ascending. */
export const QUANTILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const

export interface ForecastIssue {
  building: string
  property: ForecastProperty
  issuedAtMs: number
  model: { name: string; version: string }
  /** What the model had to go by; absent in issues of versions that did not keep it. */
  context?: ForecastContext
  /** Each hour ahead, ascending; `quantiles[i]` belongs to `QUANTILES[i]`, never crossing. */
  hours: ForecastHour[]
  /** Totals of local days with an interval of their own (never the sum of the hours' bounds); energy only. */
  days: ForecastHour[]
}

export interface ForecastContext {
  /** Hours before the issue that the model reads. */
  hours: number
  /** Share of them, 0 to 1, that was measured, since the first hour that was. */
  measured: number
  /** True: the building has been measured for less than four weeks. */
  coldStart: boolean
}

export interface ForecastHour {
  startMs: number
  endMs: number
  quantiles: number[]
}

const MIGRATIONS: Migrations = [
  `
  CREATE TABLE issue (
    building TEXT NOT NULL,
    property TEXT NOT NULL,
    issued_ms INTEGER NOT NULL,
    model_name TEXT NOT NULL,
    model_version TEXT NOT NULL,
    hours BLOB NOT NULL,
    days BLOB NOT NULL,
    PRIMARY KEY (building, property, issued_ms)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE issue ADD COLUMN context_hours INTEGER;
  ALTER TABLE issue ADD COLUMN measured REAL;
  ALTER TABLE issue ADD COLUMN cold_start INTEGER;
  `,
]

/** Opens the forecast store, or makes it, in a SQLite file of its own. Throws `store-unavailable`. */
export const createForecastStore = ({ file }: { file: string }): ForecastStore => {
  const db = openDatabase(file, MIGRATIONS)
  const put = db.prepare('INSERT OR REPLACE INTO issue VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const removeOld = db.prepare(
    `DELETE FROM issue WHERE building = ?1 AND property = ?2 AND issued_ms IN
       (SELECT issued_ms FROM issue WHERE building = ?1 AND property = ?2 AND issued_ms < ?3
        ORDER BY issued_ms LIMIT ${REMOVED_AT_ONCE})`,
  )
  const removeSince = db.prepare('DELETE FROM issue WHERE building = ? AND issued_ms >= ?')
  const select = `SELECT issued_ms AS issuedAtMs, model_name AS name, model_version AS version, hours, days,
      context_hours AS contextHours, measured, cold_start AS coldStart
    FROM issue WHERE building = ? AND property = ?`
  const newest = queryOf<IssueRow>(db.prepare(`${select} ORDER BY issued_ms DESC LIMIT 1`))
  const newestUntil = queryOf<IssueRow>(
    db.prepare(`${select} AND issued_ms <= ? ORDER BY issued_ms DESC LIMIT 1`),
  )
  const range = queryOf<IssueRow>(
    db.prepare(`${select} AND issued_ms >= ? AND issued_ms < ? ORDER BY issued_ms`),
  )
  return {
    put(issue) {
      checkIssue(issue)
      const { building, property, issuedAtMs, model, context, hours, days } = issue
      atomically(db, () => {
        put.run(
          building,
          property,
          issuedAtMs,
          model.name,
          model.version,
          packed(hours),
          packed(days),
          context?.hours ?? null,
          context?.measured ?? null,
          context ? Number(context.coldStart) : null,
        )
        removeOld.run(building, property, issuedAtMs - KEPT_MS)
      })
    },
    newest(building, property) {
      const row = newest.get(building, property)
      return row && issueOf(building, property, row)
    },
    newestUntil(building, property, atMs) {
      const row = newestUntil.get(building, property, atMs)
      return row && issueOf(building, property, row)
    },
    range: (building, property, fromMs, toMs) =>
      range.all(building, property, fromMs, toMs).map((row) => issueOf(building, property, row)),
    removeSince: (building, fromMs) => Number(removeSince.run(building, fromMs).changes),
    close() {
      if (db.isOpen) db.close()
    },
  }
}

const KEPT_MS = 400 * 86_400_000
/** A series gets one issue an hour: more than one removed for each catches up, and none makes a forecast wait. */
const REMOVED_AT_ONCE = 100

interface IssueRow {
  issuedAtMs: number
  name: string
  version: string
  hours: Uint8Array
  days: Uint8Array
  contextHours: number | null
  measured: number | null
  coldStart: number | null
}

const issueOf = (building: string, property: ForecastProperty, row: IssueRow): ForecastIssue => ({
  building,
  property,
  issuedAtMs: row.issuedAtMs,
  model: { name: row.name, version: row.version },
  ...(row.contextHours !== null && {
    context: {
      hours: row.contextHours,
      measured: row.measured ?? 0,
      coldStart: row.coldStart === 1,
    },
  }),
  hours: unpacked(row.hours),
  days: unpacked(row.days),
})

/** Start, end and nine quantiles of each hour as doubles: 88 bytes an hour, and what is read is what was put. */
const NUMBERS_PER_HOUR = 2 + QUANTILES.length

const packed = (hours: readonly ForecastHour[]): Uint8Array =>
  new Uint8Array(
    Float64Array.from(hours.flatMap(({ startMs, endMs, quantiles }) => [startMs, endMs, ...quantiles]))
      .buffer,
  )

const unpacked = (blob: Uint8Array): ForecastHour[] => {
  // Copied: doubles must begin at a multiple of eight bytes, and a blob may begin anywhere.
  const numbers = new Float64Array(new Uint8Array(blob).buffer)
  return Array.from({ length: numbers.length / NUMBERS_PER_HOUR }, (_, i) => {
    const [startMs = 0, endMs = 0, ...quantiles] = numbers.subarray(
      i * NUMBERS_PER_HOUR,
      (i + 1) * NUMBERS_PER_HOUR,
    )
    return { startMs, endMs, quantiles }
  })
}

const checkIssue = (issue: ForecastIssue): void => {
  const problems = (['hours', 'days'] as const).flatMap((list) =>
    issue[list].flatMap((hour, i) =>
      problemsOf(hour, issue[list][i - 1]).map((detail) => ({ pointer: `/${list}/${i}`, detail })),
    ),
  )
  if (problems.length === 0) return
  const { pointer, detail } = problems[0] ?? { pointer: '', detail: '' }
  throw new NadiError(
    'invalid-input',
    `The forecast of ${issue.building} ${issue.property} is not kept: ${pointer} should be ${detail}. Correct the model.`,
    { problems },
  )
}

const problemsOf = (hour: ForecastHour, before: ForecastHour | undefined): string[] => {
  const { startMs, endMs, quantiles } = hour
  return [
    ...(endMs > startMs ? [] : ['a span that ends after its start']),
    ...(before === undefined || startMs >= before.endMs ? [] : ['after the one before it']),
    ...(quantiles.length === QUANTILES.length && quantiles.every(Number.isFinite)
      ? []
      : [`${QUANTILES.length} finite quantiles`]),
    ...(quantiles.every((value, i) => value >= (quantiles[i - 1] ?? -Infinity))
      ? []
      : ['quantiles that never cross']),
  ]
}
