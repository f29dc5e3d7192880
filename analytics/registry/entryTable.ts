import type { DatabaseSync } from 'node:sqlite'
import type { ForecastProperty } from '../../store/forecasts.ts'
import { queryOf } from '../../store/sqlite.ts'
import type { ModelEntry, ModelMetrics, ModelState, Slot, TrainingData } from './entry.ts'

/** The registry's rows: models, and what became of each. Rules are the registry's. */
export interface EntryTable {
  insert(entry: ModelEntry): void
  find(id: string): ModelEntry | undefined
  list(filter?: { property?: ForecastProperty | undefined }): ModelEntry[]
  current(slot: Slot, state: 'champion' | 'challenger'): ModelEntry | undefined
  /** The retired one of the same slot that was champion last. */
  championBefore(entry: ModelEntry): ModelEntry | undefined
  setMetrics(id: string, metrics: ModelMetrics): void
  move(id: string, state: ModelState, reason: string, atMs: number): void
  events(id: string): ModelEvent[]
}

export interface ModelEvent {
  atMs: number
  state: ModelState
  reason: string
}

const COLUMNS = `id, property, building, name, version, state, reason, state_since_ms AS stateSinceMs, data,
  code_version AS codeVersion, trained_ms AS trainedAtMs, training_seconds AS trainingSeconds, metrics, bytes, sha256`

type Row = Omit<ModelEntry, 'building' | 'data' | 'metrics'> & {
  building: string
  data: string
  metrics: string | null
}

export const createEntryTable = (db: DatabaseSync): EntryTable => {
  const insert = db.prepare('INSERT INTO model VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const note = db.prepare('INSERT INTO model_event (at_ms, model, state, reason) VALUES (?, ?, ?, ?)')
  const update = db.prepare('UPDATE model SET state = ?, reason = ?, state_since_ms = ? WHERE id = ?')
  const setMetrics = db.prepare('UPDATE model SET metrics = ? WHERE id = ?')
  const select = (rest: string) => queryOf<Row>(db.prepare(`SELECT ${COLUMNS} FROM model ${rest}`))
  const one = select('WHERE id = ?')
  const all = select('ORDER BY trained_ms DESC, id')
  const ofProperty = select('WHERE property = ? ORDER BY trained_ms DESC, id')
  const current = select('WHERE property = ? AND building = ? AND state = ?')
  const before = select(
    `WHERE property = ? AND building = ? AND state = 'retired' AND id != ?
       AND EXISTS (SELECT 1 FROM model_event WHERE model = id AND model_event.state = 'champion')
     ORDER BY (SELECT max(seq) FROM model_event WHERE model = id AND model_event.state = 'champion') DESC
     LIMIT 1`,
  )
  const events = queryOf<ModelEvent & { atMs: number }>(
    db.prepare('SELECT at_ms AS atMs, state, reason FROM model_event WHERE model = ? ORDER BY seq'),
  )
  const found = (row: Row | undefined) => row && entryOf(row)

  return {
    insert(entry) {
      insert.run(
        entry.id,
        entry.property,
        entry.building ?? '',
        entry.name,
        entry.version,
        entry.state,
        entry.reason,
        entry.stateSinceMs,
        JSON.stringify(entry.data),
        entry.codeVersion,
        entry.trainedAtMs,
        entry.trainingSeconds,
        entry.metrics && JSON.stringify(entry.metrics),
        entry.bytes,
        entry.sha256,
      )
      note.run(entry.stateSinceMs, entry.id, entry.state, entry.reason)
    },
    find: (id) => found(one.get(id)),
    list: ({ property } = {}) => (property === undefined ? all.all() : ofProperty.all(property)).map(entryOf),
    current: ({ property, building }, state) => found(current.get(property, building ?? '', state)),
    championBefore: ({ property, building, id }) => found(before.get(property, building ?? '', id)),
    setMetrics(id, metrics) {
      setMetrics.run(JSON.stringify(metrics), id)
    },
    move(id, state, reason, atMs) {
      update.run(state, reason, atMs, id)
      note.run(atMs, id, state, reason)
    },
    events: (id) => events.all(id).map((event) => ({ ...event })),
  }
}

/** What stands in the two JSON columns was written by `insert`. */
const entryOf = ({ building, data, metrics, ...row }: Row): ModelEntry => ({
  ...row,
  building: building === '' ? null : building,
  data: JSON.parse(data) as TrainingData,
  metrics: metrics === null ? null : (JSON.parse(metrics) as ModelMetrics),
})
