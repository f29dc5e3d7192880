import { z } from 'zod'
import { buildingOf, isDatastreamPath, isThingPath, propertyOf } from '../city/names.ts'
import { toPropertyUnit } from '../city/units.ts'
import type { Catalogue, DatastreamTable } from '../store/catalogue/catalogue.ts'
import type { NewDatastreams } from './newDatastreams.ts'
import { NO_UNIT, unitConflict } from './unitConflict.ts'

/** The birth message of the contract: what a device observes. Entries that are wrong are told apart from the rest. */
const name = z.string().max(200)
const brickClass = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,80}$/, 'the name of a Brick class like "HVAC_Zone"')
  .optional()

const thingSchema = z.object({
  name: name.refine(isThingPath, 'the path of a Thing like "shared-office/floor-2"'),
  brickClass,
})

const datastreamSchema = z.object({
  name: name.refine(isDatastreamPath, 'the path of a Datastream like "shared-office/floor-2/zone-a/co2"'),
  unit: z.string().min(1).max(40).optional(),
  kind: z.enum(['instant', 'interval', 'counter']).optional(),
  brickClass,
  intervalSeconds: z.number().positive().max(31_536_000).optional(),
})

const birthSchema = z.object({
  things: z.array(z.unknown()).max(10_000).default([]),
  datastreams: z.array(z.unknown()).max(10_000).default([]),
})

export type BirthThing = z.infer<typeof thingSchema>
export type BirthDatastream = z.infer<typeof datastreamSchema>

/** An entry that cannot be used, as JSON of a birth with this entry alone. */
export interface WrongEntry {
  reason: string
  payload: string
}

export type ReadBirth =
  | { things: BirthThing[]; datastreams: BirthDatastream[]; wrong: WrongEntry[]; reason?: never }
  | { reason: string }

export interface BirthContext {
  /** The only building that the device may speak of. */
  building: string
  datastreams: Pick<DatastreamTable, 'find'>
  news: Pick<NewDatastreams, 'declared'>
}

/** Reads a birth of a device of `building`. Never throws. */
export const readBirth = (payload: Uint8Array, { building, datastreams, news }: BirthContext): ReadBirth => {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch {
    return { reason: 'the payload is not JSON in UTF-8' }
  }
  const birth = birthSchema.safeParse(json)
  if (!birth.success) return { reason: explain(birth.error) }
  const wrong: WrongEntry[] = []
  const pick = <T extends { name: string }>(
    kind: 'things' | 'datastreams',
    schema: z.ZodType<T>,
    judge: (entry: T) => string | undefined,
  ): T[] =>
    birth.data[kind].flatMap((item, index) => {
      const entry = schema.safeParse(item)
      const reason = entry.success ? judge(entry.data) : explain(entry.error)
      if (entry.success && reason === undefined) return [entry.data]
      wrong.push({ reason: `${kind}/${index}: ${reason}`, payload: JSON.stringify({ [kind]: [item] }) })
      return []
    })
  const foreign = (path: string): string | undefined =>
    buildingOf(path) === building
      ? undefined
      : `"${buildingOf(path)}" is not the device's building "${building}"`
  // What this very birth has said of a Datastream so far counts like what the catalogue knows.
  const units = new Map<string, string>()
  const conflict = (path: string, unit: string | undefined): string | undefined => {
    const kept = units.get(path) ?? datastreams.find(path)?.unit
    const reason = unitConflict(path, unit, kept)
    if (reason === undefined) units.set(path, kept ?? unit ?? NO_UNIT)
    return reason
  }
  return {
    things: pick('things', thingSchema, (thing) => foreign(thing.name)),
    datastreams: pick(
      'datastreams',
      datastreamSchema,
      ({ name, unit }) =>
        foreign(name) ??
        (unit && toPropertyUnit(propertyOf(name), 1, unit).reason) ??
        conflict(name, unit) ??
        news.declared(name),
    ),
    wrong,
  }
}

/** Declares what a birth says, in one commit. */
export const declareBirth = (
  catalogue: Pick<Catalogue, 'things' | 'datastreams' | 'transaction'>,
  { things, datastreams }: { things: readonly BirthThing[]; datastreams: readonly BirthDatastream[] },
): void => {
  catalogue.transaction(() => {
    for (const { name, brickClass } of things) catalogue.things.ensure(name, brickClass)
    for (const { name, unit, kind, brickClass, intervalSeconds } of datastreams) {
      catalogue.datastreams.declare({
        path: name,
        ...(unit !== undefined && { unit }),
        ...(kind !== undefined && { kind }),
        ...(brickClass !== undefined && { brickClass }),
        ...(intervalSeconds !== undefined && { intervalSeconds }),
      })
    }
  })
}

const explain = (error: z.ZodError): string =>
  error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.length > 0 ? `/${path.join('/')}: ` : ''}${message}`)
    .join('; ')
