import type { DatabaseSync } from 'node:sqlite'
import { queryOf } from '../sqlite.ts'

/**
 * Which foreign topic each Datastream of a gateway comes on, so that two whose names differ in what a name of ours
 * cannot hold never become one. A source is a topic, or a topic, a slash and the field of its object.
 */
export interface SourceTable {
  /** The source of a Datastream; undefined while no gateway sent it. */
  of(datastream: string): string | undefined
  /** Where an administrator mapped a source. */
  mappedTo: (source: string) => string | undefined
  /** Keeps the first source of a Datastream; nothing when there is one. */
  claim(datastream: string, source: string): void
  /** From now on the source, and it alone, is the Datastream's; whatever it had before, and whoever had this, is let go. */
  map(source: string, datastream: string): void
}

/** Those of the file, held in memory: asked for every message of a gateway. */
export const sourceTable = (db: DatabaseSync): SourceTable & { reload(): void } => {
  const all = queryOf<{ datastream: string; source: string; mapped: number }>(
    db.prepare('SELECT datastream, source, mapped FROM foreign_source'),
  )
  const insert = db.prepare(
    'INSERT OR REPLACE INTO foreign_source (datastream, source, mapped) VALUES (?, ?, ?)',
  )
  const forget = db.prepare('DELETE FROM foreign_source WHERE source = ?')

  const sources = new Map<string, string>()
  const mapped = new Map<string, string>()
  const reload = (): void => {
    sources.clear()
    mapped.clear()
    for (const row of all.all()) {
      sources.set(row.datastream, row.source)
      if (row.mapped === 1) mapped.set(row.source, row.datastream)
    }
  }
  reload()

  return {
    reload,
    of: (datastream) => sources.get(datastream),
    mappedTo: (source) => mapped.get(source),
    claim(datastream, source) {
      if (sources.has(datastream)) return
      insert.run(datastream, source, 0)
      sources.set(datastream, source)
    },
    map(source, datastream) {
      forget.run(source)
      insert.run(datastream, source, 1)
      reload()
    },
  }
}
