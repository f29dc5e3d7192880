import fc from 'fast-check'

/** What of JSON Schema the document uses for what comes in. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  pattern?: string
  minimum?: number
  maximum?: number
  maxLength?: number
  items?: Schema
  properties?: Record<string, Schema>
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  example?: unknown
}

/**
 * Values that mostly fit the schema, at its borders above all. What fits in shape need not be accepted: the routes
 * check more than the document can say.
 */
export const schemaValues = (
  schema: Schema,
  named: Readonly<Record<string, Schema>>,
  depth = 0,
): fc.Arbitrary<unknown> => {
  const inner = (of: Schema) => schemaValues(of, named, depth + 1)
  if (depth > 6) return fc.constant(null)
  if (schema.$ref) return inner(named[schema.$ref.split('/').at(-1) ?? ''] ?? {})
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.const !== undefined) return fc.constant(schema.const)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return fc.oneof(...choices.map(inner))
  if (schema.allOf)
    return fc.tuple(...schema.allOf.map(inner)).map((parts) => Object.assign({}, ...parts) as unknown)
  const shaped = ofType(schema, inner)
  return schema.example === undefined ? shaped : fc.oneof(fc.constant(schema.example), shaped)
}

const ofType = (schema: Schema, inner: (of: Schema) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => {
  const { minimum = -1e6, maximum = 1e6 } = schema
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'string':
      return fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: Math.min(schema.maxLength ?? 100, 2000) }),
        ...(schema.pattern ? [fc.stringMatching(new RegExp(schema.pattern))] : []),
      )
    case 'integer':
      return fc.integer({ min: Math.ceil(minimum) - 1, max: Math.floor(maximum) + 1 })
    case 'number':
      return fc.oneof(fc.double({ min: minimum, max: maximum, noNaN: true }), fc.double())
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(inner(schema.items ?? {}), { maxLength: 5 })
    case 'object':
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, of]) => [name, inner(of)])),
        { requiredKeys: [] },
      )
    default:
      return fc.jsonValue()
  }
}
