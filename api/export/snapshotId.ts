import { z } from 'zod'
import { NadiError } from '../../city/errors.ts'
import { parseBucket } from '../../city/buckets.ts'
import { isCovariate, isDatastreamPattern } from '../../city/datastreamPattern.ts'

/**
 * What an export holds, and the name of exactly those data: the question, how many rows answered it, and their hash.
 * Nothing is kept for it: whoever has the name asks again, and gets the same rows or hears that they have changed.
 */
export interface ExportQuestion {
  /** Of Datastreams, see `city/datastreamPattern.ts`. */
  pattern: string
  fromMs: number
  /** Exclusive. */
  toMs: number
  /** `raw`, `5m`, `1h`, `1d` ... */
  bucket: string
  /** What stands beside each row, see `isCovariate`; of buckets only. */
  covariates: readonly string[]
}

export interface ExportSnapshot {
  question: ExportQuestion
  rows: number
  /** SHA-256 of the rows as CSV, hexadecimal. */
  sha256: string
}

const isBucket = (text: string): boolean => {
  if (text === 'raw') return true
  try {
    return parseBucket(text).count > 0
  } catch {
    return false
  }
}

const schema = z.tuple([
  z.literal(1),
  z.string().refine(isDatastreamPattern),
  z.int().nonnegative(),
  z.int().nonnegative(),
  z.string().refine(isBucket),
  z.array(z.string().refine(isCovariate)).max(20),
  z.int().nonnegative(),
  z.string().regex(/^[0-9a-f]{64}$/),
])

/** Longest id, in characters: that of twenty covariates with long names. */
export const MAX_SNAPSHOT_LENGTH = 6_000

export const toSnapshotId = ({ question, rows, sha256 }: ExportSnapshot): string => {
  const { pattern, fromMs, toMs, bucket, covariates } = question
  const parts: z.infer<typeof schema> = [1, pattern, fromMs, toMs, bucket, [...covariates], rows, sha256]
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** Throws `invalid-input` when the text is no snapshot id. */
export const fromSnapshotId = (id: string): ExportSnapshot => {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(id, 'base64url').toString('utf8'))
  } catch {
    parts = undefined
  }
  const parsed = schema.safeParse(parts)
  if (!parsed.success) {
    throw new NadiError(
      'invalid-input',
      'This is no snapshot id. An export tells its own in the header nadi-snapshot, and "nadi export" prints it.',
      { problems: [{ pointer: '/snapshot', detail: 'the id that an export told' }] },
    )
  }
  const [, pattern, fromMs, toMs, bucket, covariates, rows, sha256] = parsed.data
  return { question: { pattern, fromMs, toMs, bucket, covariates }, rows, sha256 }
}
