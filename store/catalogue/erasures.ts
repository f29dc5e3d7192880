import type { DatabaseSync } from 'node:sqlite'
import { coversDatastream } from '../../city/labels.ts'
import { queryOf } from '../sqlite.ts'

/** A stretch whose readings were erased, and stay so: what a spool or a file still holds of it is not taken in again. */
export interface Erasure {
  /** The Datastream, or the Thing with all that is observed at and below it. */
  about: string
  fromMs: number
  /** Exclusive. */
  toMs: number
}

export interface ErasureTable {
  /** Keeps it, once; from then on `covers` knows it. Durable when it returns. */
  add(erasure: Erasure): void
  /** True when the time of the Datastream was erased. Served from memory. */
  covers(datastream: string, timeMs: number): boolean
}

/** Erased stretches, all held in memory: each reading that arrives is held against them. */
export const erasureTable = (db: DatabaseSync): ErasureTable & { reload(): void } => {
  const insert = db.prepare('INSERT INTO erasure (about, from_ms, to_ms) VALUES (?, ?, ?)')
  const all = queryOf<Erasure>(db.prepare('SELECT about, from_ms AS fromMs, to_ms AS toMs FROM erasure'))
  let known: readonly Erasure[] = []
  const reload = (): void => {
    known = all.all().map((erasure) => ({ ...erasure }))
  }
  reload()
  return {
    reload,
    add({ about, fromMs, toMs }) {
      // Asked again after a failure: each reading that arrives is held against every one.
      if (known.some((it) => it.about === about && it.fromMs === fromMs && it.toMs === toMs)) return
      insert.run(about, fromMs, toMs)
      known = [...known, { about, fromMs, toMs }]
    },
    covers: (datastream, timeMs) =>
      known.some(
        ({ about, fromMs, toMs }) => timeMs >= fromMs && timeMs < toMs && coversDatastream(about, datastream),
      ),
  }
}
