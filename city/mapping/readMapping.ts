import { isMap, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import { NadiError, type FieldProblem } from '../errors.ts'
import { mappingSchema, type Mapping } from '../mapping.ts'

/** A larger text is no mapping. */
export const MAX_MAPPING_CHARACTERS = 65_536

/**
 * Parses a mapping file. Throws `invalid-input` that names each wrong field by `file:line:column`; a missing field is
 * reported where the block begins that should hold it.
 */
export const readMapping = (text: string, file = 'mapping.yaml'): Mapping => {
  if (text.length > MAX_MAPPING_CHARACTERS) {
    throw new NadiError('too-large', `${file} is longer than ${MAX_MAPPING_CHARACTERS} characters.`)
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`
  }
  if (document.errors.length > 0) {
    throw invalid(
      file,
      document.errors.map((error) => ({ pointer: at(error.pos[0]), detail: error.message })),
    )
  }
  const parsed = mappingSchema.safeParse(plainValue(document, file))
  if (parsed.success) return parsed.data
  throw invalid(
    file,
    parsed.error.issues.map((issue) => {
      const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined
      const path = unknown === undefined ? issue.path : [...issue.path, unknown]
      const name = path.length > 0 ? `${path.map(String).join('.')}: ` : ''
      return { pointer: at(offsetOf(document, path)), detail: `${name}${issue.message}` }
    }),
  )
}

/** The document as plain data. Aliases that multiply without end make `yaml` throw, and that is bad input. */
const plainValue = (document: Document.Parsed, file: string): unknown => {
  try {
    return document.toJS({ maxAliasCount: 50 })
  } catch (cause) {
    throw new NadiError('invalid-input', `${file} cannot be read: too many aliases.`, { cause })
  }
}

/** Where the value at `path` begins, or its key, or the nearest block around it that is there. */
const offsetOf = (document: Document.Parsed, path: readonly PropertyKey[]): number => {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = document.getIn(path.slice(0, depth - 1), true)
    const key = path[depth - 1]
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)
      if (pair && isScalar(pair.key) && pair.key.range) return pair.key.range[0]
    }
    const node = document.getIn(path.slice(0, depth), true)
    if (hasRange(node)) return node.range[0]
  }
  return document.contents?.range?.[0] ?? 0
}

const hasRange = (node: unknown): node is { range: [number, number, number] } =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)

const invalid = (file: string, problems: FieldProblem[]): NadiError =>
  new NadiError('invalid-input', `${file} is not a mapping that can be used. Mend what is wrong in it:`, {
    problems,
  })
