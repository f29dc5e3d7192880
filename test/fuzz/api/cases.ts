import fc from 'fast-check'
import { ROLES } from '../../api/testApi.ts'
import { type Schema, schemaValues } from './schemaValues.ts'

/** The parts of the served OpenAPI document that requests are made of. */
export interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

interface Operation {
  parameters?: { name: string; in: string; schema: Schema }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
}

/** One request; `operation` is its name in the document, such as `GET /v1/buildings`. */
export interface ApiCase {
  operation: string
  method: string
  url: string
  role: (typeof ROLES)[number] | undefined
  headers: Record<string, string>
  body: string | Uint8Array<ArrayBuffer> | undefined
}

/** What the test's city knows, so that requests come past the first look-up. */
const KNOWN = [
  'shared-office',
  'library',
  'shared-office/floor-2/zone-a',
  'library/co2',
  'shared-office/occupancy',
  'temperature',
  '2026-11-24T10:00:00+08:00',
  '1h',
  'csv',
  'parquet',
]

/** Requests of every operation: as the document describes them, nearly so, and of random characters and bytes. */
export const apiCases = ({ paths, components }: Document): fc.Arbitrary<ApiCase> =>
  fc.oneof(
    ...Object.entries(paths).flatMap(([at, methods]) =>
      Object.entries(methods).map(([method, operation]) =>
        operationCases(at, method.toUpperCase(), operation, components.schemas),
      ),
    ),
  )

const operationCases = (
  at: string,
  method: string,
  { parameters = [], requestBody }: Operation,
  named: Document['components']['schemas'],
): fc.Arbitrary<ApiCase> => {
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? []
  const bodies = content ? bodiesOf(schemaValues(content.schema, named)) : fc.constant(undefined)
  const texts = parameters.map((parameter) => parameterTexts(parameter.schema, parameter.in, named))
  const types = fc.oneof(
    { weight: 9, arbitrary: fc.constant(type ?? '') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', 'text/plain', 'application/json; charset=x', 'multipart/form-data'),
    },
  )
  return fc
    .record({
      values: fc.tuple(...texts),
      role: fc.constantFrom('administrator' as const, 'administrator' as const, undefined, ...ROLES),
      body: bodies,
      contentType: types,
    })
    .map(({ values, role, body, contentType }) => {
      const query = new URLSearchParams()
      const headers: Record<string, string> =
        body === undefined || !contentType ? {} : { 'content-type': contentType }
      let url = at
      parameters.forEach(({ name, in: place }, index) => {
        const value = values[index]
        if (place === 'path') url = url.replace(`{${name}}`, encodeURIComponent(value || 'x'))
        else if (value !== undefined && place === 'query') query.append(name, value)
        else if (value !== undefined) headers[name] = value
      })
      return {
        operation: `${method} ${at}`,
        method,
        url: query.size > 0 ? `${url}?${query.toString()}` : url,
        role,
        headers,
        body,
      }
    })
}

/** A parameter's text, or that it is absent. A header holds visible characters alone, or no client could send it. */
const parameterTexts = (
  schema: Schema,
  place: string,
  named: Document['components']['schemas'],
): fc.Arbitrary<string | undefined> => {
  const wild =
    place === 'header' ? fc.stringMatching(/^[!-~]{0,40}$/) : fc.string({ unit: 'binary', maxLength: 60 })
  const described =
    place === 'header' ? fc.stringMatching(/^\d{1,15}$/) : schemaValues(schema, named).map(String)
  return fc.oneof(
    { weight: 4, arbitrary: described },
    { weight: 4, arbitrary: fc.constantFrom(...KNOWN) },
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: wild },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', '0', '-1', '1e999', '9007199254740993', 'NaN', '__proto__', '../..'),
    },
  )
}

const bodiesOf = (described: fc.Arbitrary<unknown>): fc.Arbitrary<ApiCase['body']> =>
  fc.oneof(
    { weight: 5, arbitrary: described.map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: fc.json({ maxDepth: 6 }) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)) },
    { weight: 1, arbitrary: fc.nat(200).map((depth) => '['.repeat(depth)) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )
