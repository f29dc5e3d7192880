import type { DatabaseSync } from 'node:sqlite'
import { NadiError } from '../../city/errors.ts'
import { isThingPath } from '../../city/names.ts'
import { atomically, queryOf } from '../sqlite.ts'
import type { Thing, ThingTable } from './catalogue.ts'
import { createPathIndex } from './pathIndex.ts'

/** Things: buildings and their parts, all held in memory. `reload` reads them again after an undone transaction. */
export const thingTable = (db: DatabaseSync, undo: () => void): ThingTable & { reload(): void } => {
  const all = queryOf<Thing>(db.prepare('SELECT id, path, brick_class AS brickClass FROM thing'))
  const insert = db.prepare('INSERT INTO thing (path, brick_class) VALUES (?, ?)')
  const update = db.prepare('UPDATE thing SET brick_class = ? WHERE id = ?')
  const index = createPathIndex<Thing>()

  const reload = (): void => {
    index.clear()
    for (const thing of all.all()) index.set({ ...thing })
  }
  reload()

  const ensureOne = (path: string, brickClass: string | null): Thing => {
    const known = index.get(path)
    if (known && (brickClass === null || known.brickClass !== null)) return known
    if (known) {
      update.run(brickClass, known.id)
      const told = { ...known, brickClass }
      index.set(told)
      return told
    }
    const { lastInsertRowid } = insert.run(path, brickClass)
    const made = { id: Number(lastInsertRowid), path, brickClass }
    index.set(made)
    return made
  }

  return {
    reload,
    ensure(path, brickClass) {
      const known = index.get(path)
      if (known && (brickClass === undefined || known.brickClass !== null)) return known
      if (!isThingPath(path)) {
        throw new NadiError(
          'invalid-input',
          `"${path}" is no name of a Thing: use lower-case segments of letters, digits and "-", joined by "/".`,
        )
      }
      return atomically(
        db,
        () => {
          for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
            ensureOne(path.slice(0, slash), null)
          }
          return ensureOne(path, brickClass ?? null)
        },
        undo,
      )
    },
    find: (path) => index.get(path),
    list: (under) => index.list(under),
  }
}
