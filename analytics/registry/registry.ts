import path from 'node:path'
import { NadiError } from '../../city/errors.ts'
import type { ForecastProperty } from '../../store/forecasts.ts'
import { atomically, openDatabase } from '../../store/sqlite.ts'
import { createDayScores, type DayScores } from './dayScores.ts'
import type { ModelEntry, ModelMetrics, ModelState, Slot } from './entry.ts'
import { createEntryTable, type ModelEvent } from './entryTable.ts'
import { createModelFiles, sha256Of } from './modelFiles.ts'
import { MIGRATIONS } from './schema.ts'

/**
 * Every model of the city: its file, where it comes from, how it did, and which one is served. The one owner of the
 * folder `models`: workers are handed contents and hand them back.
 */
export interface ModelRegistry {
  /**
   * Keeps a model, file first, as a challenger; one that is waiting in its place retires. What is known already is
   * given back as it is. Durable when it returns.
   */
  add(model: NewModel): ModelEntry
  find(id: string): ModelEntry | undefined
  /** Newest first. */
  list(filter?: { property?: ForecastProperty | undefined }): ModelEntry[]
  /** The model of a slot in a state of which there is one. */
  current(slot: Slot, state: 'champion' | 'challenger'): ModelEntry | undefined
  /** What became of a model, in order. */
  events(id: string): ModelEvent[]
  /** The file. Throws `not-found`, or `damaged-model` when it is gone or changed. */
  content(id: string): Uint8Array
  /** Writes a damaged file again from the same content. */
  restore(id: string, content: Uint8Array): void
  /** What held-back days said of it. */
  setMetrics(id: string, metrics: ModelMetrics): void
  /** Makes it the champion of its slot; the one before retires. Throws `not-found`, `conflict` when it is already. */
  promote(id: string, reason: string): ModelEntry
  /** Takes it out of service for good, unless it is promoted again. */
  refuse(id: string, reason: string): ModelEntry
  /**
   * Refuses the champion of a slot and makes the one before it the champion again; of a single building there need be
   * none, for then the one for all serves. Throws `conflict` when there is nothing to go back to.
   */
  rollback(slot: Slot, reason: string): { from: ModelEntry; to: ModelEntry | undefined }
  scores: DayScores
  close(): void
}

export type NewModel = Omit<ModelEntry, 'id' | 'state' | 'reason' | 'stateSinceMs' | 'bytes' | 'sha256'> & {
  content: Uint8Array
  /** Why it was trained. */
  reason: string
}

/** Opens the registry in a folder, or makes it. Throws `store-unavailable`. */
export const createModelRegistry = (options: { folder: string; now: () => number }): ModelRegistry => {
  const { folder, now } = options
  const db = openDatabase(path.join(folder, 'registry.sqlite'), MIGRATIONS)
  const files = createModelFiles(folder)
  const table = createEntryTable(db)

  const require = (id: string): ModelEntry => {
    const entry = table.find(id)
    if (entry) return entry
    throw new NadiError('not-found', `There is no model ${id}. "npx nadi models list" shows those there are.`)
  }
  const move = (id: string, state: ModelState, reason: string): ModelEntry => {
    table.move(id, state, reason, now())
    return require(id)
  }
  const promote = (entry: ModelEntry, reason: string): ModelEntry => {
    const before = table.current(entry, 'champion')
    if (before) table.move(before.id, 'retired', `Gave way to ${entry.id}: ${reason}`, now())
    return move(entry.id, 'champion', reason)
  }

  return {
    scores: createDayScores(db),
    add({ content, reason, ...model }) {
      const sha256 = sha256Of(content)
      const id = sha256Of(Buffer.from(`${sha256}/${model.property}/${model.building ?? ''}`)).slice(0, 12)
      const known = table.find(id)
      if (known) return known
      files.write(id, content)
      return atomically(db, () => {
        const before = table.current(model, 'challenger')
        if (before) table.move(before.id, 'retired', `A newer challenger, ${id}, took its place.`, now())
        const waiting = { state: 'challenger', reason, stateSinceMs: now() } as const
        table.insert({ ...model, ...waiting, id, sha256, bytes: content.length })
        return require(id)
      })
    },
    find: (id) => table.find(id),
    list: (filter) => table.list(filter),
    current: (slot, state) => table.current(slot, state),
    events: (id) => table.events(id),
    content: (id) => files.read(id, require(id).sha256),
    restore(id, content) {
      if (sha256Of(content) === require(id).sha256) files.write(id, content)
    },
    setMetrics: (id, metrics) => table.setMetrics(id, metrics),
    promote: (id, reason) =>
      atomically(db, () => {
        const entry = require(id)
        if (entry.state === 'champion') {
          throw new NadiError('conflict', `Model ${id} is the champion already. Nothing was changed.`)
        }
        return promote(entry, reason)
      }),
    refuse: (id, reason) => atomically(db, () => move(require(id).id, 'refused', reason)),
    rollback: (slot, reason) =>
      atomically(db, () => {
        const from = table.current(slot, 'champion')
        const to = from && table.championBefore(from)
        if (!from || (!to && slot.building === null)) {
          throw new NadiError(
            'conflict',
            `There is no earlier champion of ${slot.property}${slot.building === null ? '' : ` for ${slot.building}`} to go back to. Promote another model instead.`,
          )
        }
        const refused = move(from.id, 'refused', `Rolled back: ${reason}`)
        return { from: refused, to: to && promote(to, `Champion again, after ${from.id}: ${reason}`) }
      }),
    close() {
      if (db.isOpen) db.close()
    },
  }
}
