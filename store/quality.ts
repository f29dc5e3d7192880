import type { Finding, QualityKind } from '../city/quality/finding.ts'
import { createQualitySearch } from './qualitySearch.ts'
import { atomically, openDatabase, queryOf, type Migrations } from './sqlite.ts'

/**
 * What was found of the readings' quality, beside the readings and made from them: without the file everything is
 * looked at again. Also kept: up to where each Datastream has been looked at, so that a restart goes on from there.
 */
export interface QualityStore {
  /** Durable when it returns, in one transaction, in their order. */
  change(changes: readonly QualityChange[]): void
  /** Kinds that a Datastream's findings are open of now. Served from memory. */
  openKinds(datastreamId: number): readonly QualityKind[]
  /** Findings that touch `fromMs <= time < toMs`, newest beginning first. */
  find(question: QualityQuestion): StoredFinding[]
  /** How many `find` would give without a limit. */
  count(question: Omit<QualityQuestion, 'limit' | 'before'>): number
  /** What was kept with `saveProgress`, by Datastream. */
  progress(): Map<number, string>
  /** Keeps how far Datastreams have been looked at. Durable when it returns. */
  saveProgress(progress: ReadonlyMap<number, string>): void
  /** True when the last user said goodbye with `markClean`; the mark is taken away. */
  takeCleanMark(): boolean
  markClean(): void
  close(): void
}

export interface StoredFinding extends Finding {
  datastreamId: number
}

export type QualityChange =
  | { datastreamId: number; put: Finding }
  /** Drops findings of the kinds that begin in `fromMs <= time < toMs`: all, or those that last. */
  | { datastreamId: number; drop: readonly QualityKind[]; fromMs: number; toMs: number; onlyOpen?: true }

export interface QualityQuestion {
  /** Absent: of all. */
  datastreamIds?: readonly number[] | undefined
  /** Absent: of all kinds. */
  kinds?: readonly QualityKind[] | undefined
  fromMs?: number | undefined
  toMs?: number | undefined
  /** True: only what lasts. */
  open?: boolean | undefined
  /** The last one of the page before. */
  before?: { fromMs: number; datastreamId: number; kind: string } | undefined
  limit: number
}

const MIGRATIONS: Migrations = [
  `
  CREATE TABLE finding (
    datastream_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER,
    count INTEGER NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (datastream_id, kind, from_ms)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX finding_from ON finding (from_ms);
  CREATE INDEX finding_open ON finding (datastream_id, kind) WHERE to_ms IS NULL;

  CREATE TABLE progress (
    datastream_id INTEGER PRIMARY KEY,
    state TEXT NOT NULL
  ) STRICT;

  CREATE TABLE clean_stop (is_clean INTEGER NOT NULL) STRICT;
  `,
]

/** Findings kept of one Datastream and kind; beyond it the oldest go. */
const MAX_FINDINGS = 5_000
const TRIM_EVERY = 500

/** Opens the store, or makes it, in a SQLite file of its own. Throws `store-unavailable`. */
export const createQualityStore = ({ file }: { file: string }): QualityStore => {
  const db = openDatabase(file, MIGRATIONS)
  const put = db.prepare('INSERT OR REPLACE INTO finding VALUES (?, ?, ?, ?, ?, ?)')
  const drop = db.prepare(
    `DELETE FROM finding WHERE datastream_id = ?1 AND kind = ?2 AND from_ms >= ?3 AND from_ms < ?4
       AND (?5 = 0 OR to_ms IS NULL)`,
  )
  const trim = db.prepare(
    `DELETE FROM finding WHERE datastream_id = ?1 AND kind = ?2 AND from_ms <= (SELECT from_ms FROM finding
       WHERE datastream_id = ?1 AND kind = ?2 ORDER BY from_ms DESC LIMIT 1 OFFSET ${MAX_FINDINGS})`,
  )
  const openOf = queryOf<{ datastreamId: number; kind: QualityKind }>(
    db.prepare('SELECT datastream_id AS datastreamId, kind FROM finding WHERE to_ms IS NULL'),
  )
  const openKindsOf = queryOf<{ kind: QualityKind }>(
    db.prepare('SELECT DISTINCT kind FROM finding WHERE datastream_id = ? AND to_ms IS NULL ORDER BY kind'),
  )
  const saved = queryOf<{ datastreamId: number; state: string }>(
    db.prepare('SELECT datastream_id AS datastreamId, state FROM progress'),
  )
  const save = db.prepare('INSERT OR REPLACE INTO progress VALUES (?, ?)')
  const mark = db.prepare('INSERT INTO clean_stop VALUES (1)')
  const takeMark = db.prepare('DELETE FROM clean_stop')
  const search = createQualitySearch(db)

  const open = new Map<number, readonly QualityKind[]>()
  for (const [datastreamId, rows] of Map.groupBy(openOf.all(), (row) => row.datastreamId)) {
    open.set(datastreamId, [...new Set(rows.map(({ kind }) => kind))].sort())
  }
  const refreshOpen = (datastreamId: number): void => {
    const kinds = openKindsOf.all(datastreamId).map(({ kind }) => kind)
    if (kinds.length === 0) open.delete(datastreamId)
    else open.set(datastreamId, kinds)
  }
  let untrimmed = 0
  const touched = new Set<string>()

  return {
    change(changes) {
      if (changes.length === 0) return
      const changed = new Set<number>()
      atomically(db, () => {
        for (const change of changes) {
          const { datastreamId } = change
          changed.add(datastreamId)
          if ('drop' in change) {
            const { fromMs, toMs, onlyOpen } = change
            for (const kind of change.drop) drop.run(datastreamId, kind, fromMs, toMs, onlyOpen ? 1 : 0)
            continue
          }
          const { kind, fromMs, toMs, count, detail } = change.put
          put.run(datastreamId, kind, fromMs, toMs, count, detail)
          touched.add(`${datastreamId} ${kind}`)
          untrimmed += 1
        }
        if (untrimmed >= TRIM_EVERY) trimTouched()
      })
      for (const datastreamId of changed) refreshOpen(datastreamId)
    },
    openKinds: (datastreamId) => open.get(datastreamId) ?? NONE,
    find: (question) => search.find(question),
    count: (question) => search.count(question),
    progress: () => new Map(saved.all().map(({ datastreamId, state }) => [datastreamId, state])),
    saveProgress(progress) {
      if (progress.size === 0) return
      atomically(db, () => {
        for (const [datastreamId, state] of progress) save.run(datastreamId, state)
      })
    },
    takeCleanMark() {
      const { changes } = takeMark.run()
      return changes > 0
    },
    markClean: () => {
      mark.run()
    },
    close: () => {
      if (db.isOpen) db.close()
    },
  }

  function trimTouched(): void {
    for (const key of touched) {
      const [datastreamId = '', kind = ''] = key.split(' ')
      trim.run(Number(datastreamId), kind)
    }
    touched.clear()
    untrimmed = 0
  }
}

const NONE: readonly QualityKind[] = []
