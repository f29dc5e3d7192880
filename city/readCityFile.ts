import { type Document, LineCounter, isMap, isNode, isScalar, parseDocument } from 'yaml'
import { z } from 'zod'
import { type Finding, checkBuilding } from './checkBuilding.ts'
import { type CityFile, buildingSchema, cityFileSchema } from './cityFile.ts'
import { closestName } from './closestName.ts'
import { type FieldProblem, NadiError } from './errors.ts'

/** Most characters of a city file: about ten thousand buildings. */
const MAX_LENGTH = 32 * 1024 * 1024
const MOST_PROBLEMS = 50

/**
 * Reads a city file. Throws `invalid-input` with a problem for each wrong field, all at once:
 * pointer `city.yaml:7:11 /buildings/2/capacityPeople`, detail `expected a whole number of people ≥ 0`.
 */
export const parseCityFile = (yaml: string, fileName: string): CityFile => {
  if (yaml.length > MAX_LENGTH) {
    throw new NadiError('too-large', `The city file ${fileName} has more than ${MAX_LENGTH} characters.`)
  }
  const lines = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${fileName}:${line}:${col}`
  }
  if (document.errors.length > 0) {
    throw wrong(
      fileName,
      document.errors.map(({ pos, message }) => ({ pointer: at(pos[0]), detail: message })),
    )
  }
  const data = toData(document, fileName)
  const result = cityFileSchema.safeParse(data, { reportInput: true })
  const faults: Fault[] = [
    ...(result.success ? [] : result.error.issues.flatMap(toFaults)),
    ...checkCity(data).map(({ path, expected }) => ({ path, detail: `expected ${expected}` })),
  ]
  if (result.success && faults.length === 0) return result.data
  throw wrong(
    fileName,
    faults.map(({ path, detail, atKey }) => ({
      pointer: `${at(offsetOf(document, path, atKey ?? false))} ${toPointer(path)}`.trimEnd(),
      detail,
    })),
  )

  function toFaults(issue: z.core.$ZodIssue): Fault[] {
    const path = issue.path.filter((part) => typeof part !== 'symbol')
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(cityFileSchema, path)
      return issue.keys.map((key) => {
        const meant = closestName(key, known)
        return {
          path: [...path, key],
          atKey: true,
          detail: `unknown field, ${meant === undefined ? `known are ${known.join(', ')}` : `did you mean "${meant}"?`}`,
        }
      })
    }
    const missing = path.length > 0 && !document.hasIn(path)
    return [{ path, detail: `${missing ? 'is missing, ' : ''}expected ${expectation(issue)}` }]
  }
}

interface Fault {
  path: (string | number)[]
  detail: string
  /** The path names a key that should not be there, not a value. */
  atKey?: boolean
}

const toData = (document: Document, fileName: string): unknown => {
  try {
    return document.toJS()
  } catch (cause) {
    throw new NadiError(
      'invalid-input',
      `The city file ${fileName} repeats itself too often (YAML aliases). Write the values out.`,
      { cause },
    )
  }
}

/** Checks beyond the schema, of every building that the schema takes, even where it refuses others. */
const checkCity = (data: unknown): Finding[] => {
  const holder = z.object({ buildings: z.array(z.unknown()) }).safeParse(data)
  if (!holder.success) return []
  const seen = new Set<string>()
  return holder.data.buildings.flatMap((raw, index) => {
    const id = z.object({ id: z.string() }).safeParse(raw).data?.id
    const repeated = id !== undefined && seen.has(id)
    if (id !== undefined) seen.add(id)
    const building = buildingSchema.safeParse(raw)
    const inside = building.success ? checkBuilding(building.data) : []
    return [
      ...(repeated
        ? [{ path: ['buildings', index, 'id'], expected: `an id of its own ("${id}" is repeated)` }]
        : []),
      ...inside.map(({ path, expected }) => ({ path: ['buildings', index, ...path], expected })),
    ]
  })
}

/** What the field should be: the schema's own words where it has some. */
const expectation = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String)
    const meant = typeof issue.input === 'string' ? closestName(issue.input, values) : undefined
    return `${values.length === 1 ? '' : 'one of '}${values.join(', ')}${meant === undefined ? '' : ` (did you mean "${meant}"?)`}`
  }
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input'))
    return `a value of type ${issue.expected}`
  return issue.message
}

/** The fields that the schema knows at this path. */
const keysAt = (schema: z.core.$ZodType, path: readonly (string | number)[]): string[] => {
  let current: z.core.$ZodType | undefined = schema
  for (const part of path) {
    current = inner(current)
    if (current instanceof z.ZodObject) current = current.shape[part]
    else if (current instanceof z.ZodArray) current = current.element
  }
  const object = inner(current)
  return object instanceof z.ZodObject ? Object.keys(object.shape) : []
}

const inner = (schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined =>
  schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? inner(schema.unwrap()) : schema

/** Where the field stands in the text: its value, its key, or what encloses a field that is missing. */
const offsetOf = (document: Document, path: readonly (string | number)[], isKey: boolean): number => {
  for (let length = path.length; length >= 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true)
    if (isKey && length === path.length && isMap(parent)) {
      const key = parent.items.find((pair) => isScalar(pair.key) && pair.key.value === path.at(-1))?.key
      if (isNode(key) && key.range) return key.range[0]
    }
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}

/** JSON pointer (RFC 6901). */
const toPointer = (path: readonly (string | number)[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

const wrong = (fileName: string, all: readonly FieldProblem[]): NadiError => {
  const problems = all.slice(0, MOST_PROBLEMS)
  const more = all.length - problems.length
  return new NadiError(
    'invalid-input',
    `The city file ${fileName} has ${all.length === 1 ? 'a fault' : `${all.length} faults`}${more > 0 ? ` (the first ${MOST_PROBLEMS} are listed)` : ''}. Correct it and start again.`,
    { problems },
  )
}
