import type { DatabaseSync } from 'node:sqlite'
import { NadiError } from '../../city/errors.ts'
import { isDatastreamPath, propertyOf, thingOf } from '../../city/names.ts'
import { defaultKind, PROPERTIES } from '../../city/properties.ts'
import { atomically, queryOf } from '../sqlite.ts'
import type { Datastream, DatastreamDeclaration, DatastreamTable, ThingTable } from './catalogue.ts'
import { createPathIndex } from './pathIndex.ts'

/** Datastreams, all held in memory: `find` is asked for every reading that arrives. */
export const datastreamTable = (
  db: DatabaseSync,
  things: ThingTable,
  undo: () => void,
): DatastreamTable & { reload(): void } => {
  const all = queryOf<DatastreamRow>(
    db.prepare(
      `SELECT id, path, thing_id AS thingId, property, unit, kind, brick_class AS brickClass,
         interval_seconds AS intervalSeconds, longest_interval_seconds AS longestIntervalSeconds, time_zone AS timeZone, undeclared FROM datastream`,
    ),
  )
  const insert = db.prepare(
    `INSERT INTO datastream (path, thing_id, property, unit, kind, brick_class, interval_seconds,
       longest_interval_seconds, time_zone, undeclared)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const update = db.prepare(
    `UPDATE datastream SET unit = ?, kind = ?, brick_class = ?, interval_seconds = ?,
       longest_interval_seconds = ?, time_zone = ?, undeclared = ?
     WHERE id = ?`,
  )
  const index = createPathIndex<Datastream>()
  const byId = new Map<number, Datastream>()

  const keep = (datastream: Datastream): Datastream => {
    index.set(datastream)
    byId.set(datastream.id, datastream)
    return datastream
  }
  const reload = (): void => {
    index.clear()
    byId.clear()
    for (const row of all.all()) keep({ ...row, undeclared: row.undeclared === 1 })
  }
  reload()

  const make = (wanted: Omit<Datastream, 'id' | 'thingId' | 'property'>): Datastream => {
    const { path, unit, kind, brickClass, intervalSeconds, longestIntervalSeconds, timeZone, undeclared } =
      wanted
    if (!isDatastreamPath(path)) {
      throw new NadiError(
        'invalid-input',
        `"${path}" is no name of a Datastream: write the Thing's path and a property, like "library/floor-1/co2".`,
      )
    }
    const property = propertyOf(path)
    return atomically(
      db,
      () => {
        const thingId = things.ensure(thingOf(path)).id
        const { lastInsertRowid } = insert.run(
          path,
          thingId,
          property,
          unit,
          kind,
          brickClass,
          intervalSeconds,
          longestIntervalSeconds,
          timeZone,
          undeclared ? 1 : 0,
        )
        return keep({ ...wanted, id: Number(lastInsertRowid), thingId, property })
      },
      undo,
    )
  }

  const change = (known: Datastream, declaration: DatastreamDeclaration): Datastream => {
    const told = applied(known, declaration)
    if (told.unit !== known.unit) {
      throw new NadiError(
        'conflict',
        `${known.path} is kept in "${known.unit}": "${told.unit}" would be said of its earlier readings too. Give the unit that it is kept in, or use another path.`,
      )
    }
    // A device that reconnects says the same again: that must not cost a write.
    if (sameDescription(known, told)) return known
    atomically(
      db,
      () => {
        update.run(
          told.unit,
          told.kind,
          told.brickClass,
          told.intervalSeconds,
          told.longestIntervalSeconds,
          told.timeZone,
          0,
          told.id,
        )
        keep(told)
      },
      undo,
    )
    return told
  }

  return {
    reload,
    find: (path) => index.get(path),
    byId: (id) => byId.get(id),
    list: (under) => index.list(under).filter((datastream) => datastream.path !== under),
    ensure: (path, unit) =>
      index.get(path) ?? make({ ...NOTHING_TOLD, ...defaultsOf(path, unit), path, undeclared: true }),
    declare(declaration) {
      const { path } = declaration
      const known = index.get(path)
      if (known) return change(known, declaration)
      const fresh = { ...NOTHING_TOLD, ...defaultsOf(path, declaration.unit), path, undeclared: false }
      return make(applied(fresh, declaration))
    },
  }
}

type DatastreamRow = Omit<Datastream, 'undeclared'> & { undeclared: number }
type Description = Omit<Datastream, 'id' | 'thingId' | 'property'>

const NOTHING_TOLD = { brickClass: null, intervalSeconds: null, longestIntervalSeconds: null, timeZone: null }

/** A known property is kept in its own unit whatever it came in; any other in the unit that it came with. */
const unitOf = (path: string, unit: string | undefined): string =>
  PROPERTIES[propertyOf(path)]?.unit ?? unit ?? '1'

const defaultsOf = (path: string, unit: string | undefined): Pick<Datastream, 'unit' | 'kind'> => ({
  unit: unitOf(path, unit),
  kind: defaultKind(propertyOf(path)),
})

/** What the Datastream is after a declaration: what it does not say stays as it was. */
const applied = <T extends Description>(before: T, declaration: DatastreamDeclaration): T => ({
  ...before,
  unit: unitOf(before.path, declaration.unit ?? before.unit),
  kind: declaration.kind ?? before.kind,
  brickClass: declaration.brickClass ?? before.brickClass,
  intervalSeconds: declaration.intervalSeconds ?? before.intervalSeconds,
  longestIntervalSeconds: longest(before.longestIntervalSeconds, declaration.intervalSeconds ?? null),
  timeZone: declaration.timeZone ?? before.timeZone,
  undeclared: false,
})

const longest = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b)

const sameDescription = (a: Description, b: Description): boolean =>
  a.unit === b.unit &&
  a.kind === b.kind &&
  a.brickClass === b.brickClass &&
  a.intervalSeconds === b.intervalSeconds &&
  a.longestIntervalSeconds === b.longestIntervalSeconds &&
  a.timeZone === b.timeZone &&
  a.undeclared === b.undeclared
