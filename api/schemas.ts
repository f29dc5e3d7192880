import { z } from '@hono/zod-openapi'
import { parseBucket } from '../city/buckets.ts'
import { isDatastreamPath, isThingPath } from '../city/names.ts'
import { QUALITY_KINDS } from '../city/quality/finding.ts'
import { isPlainText, MAX_TEXT_BYTES } from '../city/reports.ts'
import { A_TIME, isTime } from './localTime.ts'

/** Schemas that several routes share. Queries are strict: an unknown field is a mistake that is said, not ignored. */

/** A route's query: the given fields and `lang`, nothing else. */
export const query = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject({
    ...shape,
    lang: z
      .enum(['id', 'en'])
      .optional()
      .openapi({ description: 'Language of texts, when it differs from the reader’s own setting' }),
  })

export const thingPath = z
  .string()
  .refine(isThingPath, 'a path like "shared-office/floor-2/zone-a"')
  .openapi({ example: 'shared-office' })

export const datastreamPath = z
  .string()
  .refine(isDatastreamPath, 'a path that ends in a property, like "shared-office/energy"')
  .openapi({ example: 'shared-office/energy' })

/** A building's id. */
export const buildingId = z
  .string()
  .regex(/^[a-z0-9-]{1,200}$/, 'a building id like "shared-office"')
  .openapi({ example: 'shared-office' })

/** A building's id in a path. */
export const buildingParams = z.object({
  building: buildingId.openapi({ param: { name: 'building', in: 'path' } }),
})

/** A part of a building, by its path below it. */
export const zonePath = z
  .string()
  .refine(isThingPath, 'a path below the building like "floor-2/zone-a"')
  .openapi({ example: 'floor-2/zone-a', description: 'A part of the building; absent for all of it' })

/** A text of a person: not empty, without control characters, bounded in bytes. */
export const plainText = z
  .string()
  .trim()
  .min(1, 'a text that is not empty')
  .refine(isPlainText, `at most ${MAX_TEXT_BYTES} bytes, without control characters`)

/** What staff tell citizens, in one language or both. */
export const told = z
  .strictObject({ id: plainText.optional(), en: plainText.optional() })
  .refine(({ id, en }) => id !== undefined || en !== undefined, 'a text in "id", in "en", or in both')

/** A body that must be there, as JSON. */
export const jsonBody = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true as const,
  content: { 'application/json': { schema } },
})

/** A number of a record in a path. */
export const numberParams = (what: string) =>
  z.object({
    id: z
      .string()
      .regex(/^\d{1,9}$/, `the number of a ${what}`)
      .openapi({ param: { name: 'id', in: 'path' }, example: '7' }),
  })

/** A whole number in a query, between bounds, with a default. */
export const wholeNumber = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().int().min(min).max(max))
    .default(fallback)
    .openapi({ type: 'integer', minimum: min, maximum: max, default: fallback })

export const next = z
  .string()
  .nullable()
  .openapi({ description: 'Path and query of the following page; null on the last' })

/** A time that a question names; its zone is known only once the question is read. */
export const askedTime = z
  .string()
  .refine(isTime, A_TIME)
  .openapi({ maxLength: 40, example: '2026-11-24T10:00:00+08:00' })

/** `raw`, or a width of buckets. */
export const askedBucket = z
  .string()
  .superRefine((text, found) => {
    try {
      if (text !== 'raw') parseBucket(text)
    } catch (error) {
      found.addIssue({ code: 'custom', message: (error as Error).message })
    }
  })
  .openapi({ maxLength: 20, example: '1h', description: 'raw (when absent), 5m, 1h, 1d ...' })

/** A time with its local offset, `2026-11-24T10:00:00+08:00`. */
export const localTime = z.string().openapi({ format: 'date-time', example: '2026-11-24T10:00:00+08:00' })

/** A kind of finding, as `city/quality` names them. */
export const qualityKind = z.enum(QUALITY_KINDS)

/** What is doubtful about readings, from one reading to another. */
export const qualityFinding = z
  .object({
    datastream: z.string(),
    kind: qualityKind,
    from: localTime,
    to: localTime.nullable().openapi({ description: 'Null while it lasts' }),
    count: z.number().int().openapi({ description: 'How often in a row' }),
    detail: z.string().nullable().openapi({ description: 'Null where exact values may not be told' }),
  })
  .openapi('QualityFinding')

/** Marks demonstration data in the reader's language; absent otherwise. */
export const demonstrationMark = {
  demonstration: z.boolean().openapi({ description: 'True: the readings are simulated' }),
  notice: z.string().optional().openapi({ example: 'demonstration data' }),
}

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    errors: z
      .array(z.object({ pointer: z.string(), parameter: z.string().optional(), detail: z.string() }))
      .optional(),
  })
  .openapi('Problem')

/** What every route answers when it cannot do what was asked (RFC 9457). */
export const PROBLEMS = {
  default: {
    description: 'What is wrong and what to do next (RFC 9457)',
    content: { 'application/problem+json': { schema: problem } },
  },
} as const
