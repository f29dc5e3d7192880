import { createHash } from 'node:crypto'
import { z } from 'zod'
import { NadiError } from '../city/errors.ts'

/**
 * A model on disk: `NADIMDL1`, the length of the head (little-endian), the head as JSON (kind, version and what the kind
 * adds), its arrays as 32-bit floats, and a SHA-256 of all that. Every array is named in the head with its length, so a
 * file says what it holds.
 */
export interface ModelFile {
  kind: string
  version: string
  /** Small facts of the kind, JSON. */
  facts: unknown
  arrays: Record<string, Float32Array>
}

const MAGIC = 'NADIMDL1'
const HASH_BYTES = 32

export const encodeModelFile = ({ kind, version, facts, arrays }: ModelFile): Uint8Array => {
  const lengths = Object.entries(arrays).map(([name, { length }]) => [name, length])
  const head = Buffer.from(JSON.stringify({ kind, version, facts, arrays: lengths }))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(head.length)
  const body = Buffer.concat([
    Buffer.from(MAGIC),
    length,
    head,
    ...Object.values(arrays).map(({ buffer, byteOffset, byteLength }) =>
      Buffer.from(buffer, byteOffset, byteLength),
    ),
  ])
  return new Uint8Array(Buffer.concat([body, sha256(body)]))
}

/** Throws `damaged-model` when the bytes are not a whole model of this kind and version. */
export const decodeModelFile = (bytes: Uint8Array, kind: string, version: string): ModelFile => {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = MAGIC.length + 4
  if (file.length < start + HASH_BYTES || file.toString('latin1', 0, MAGIC.length) !== MAGIC)
    throw damaged('they do not begin as a model of Nadi does')
  const body = file.subarray(0, file.length - HASH_BYTES)
  if (!sha256(body).equals(file.subarray(body.length))) throw damaged('their checksum is wrong')
  const head = headOf(body.subarray(start, start + body.readUInt32LE(MAGIC.length)))
  if (head.kind !== kind || head.version !== version)
    throw damaged(`they hold ${head.kind} ${head.version}, not ${kind} ${version}`)
  let at = start + body.readUInt32LE(MAGIC.length)
  const arrays: Record<string, Float32Array> = {}
  for (const [name, length] of head.arrays) {
    if (at + 4 * length > body.length) throw damaged(`${name} is cut off`)
    // Copied, as floats must begin at a multiple of four bytes.
    arrays[name] = new Float32Array(new Uint8Array(body.subarray(at, at + 4 * length)).buffer)
    at += 4 * length
  }
  return { kind, version, facts: head.facts, arrays }
}

/** The facts as their kind has them. Throws `damaged-model`. */
export const factsOf = <T>({ facts }: ModelFile, schema: z.ZodType<T>): T => {
  const { data, error } = schema.safeParse(facts)
  if (error) throw damaged(`of its facts, ${z.prettifyError(error)}`)
  return data
}

/** The array of that name and length. Throws `damaged-model` when the file has none. */
export const arrayOf = ({ arrays }: ModelFile, name: string, length: number): Float32Array => {
  const array = arrays[name]
  if (array?.length !== length)
    throw damaged(`${name} should hold ${length} numbers and holds ${array?.length ?? 'none'}`)
  if (!array.every(Number.isFinite)) throw damaged(`${name} holds what is no number`)
  return array
}

const damaged = (reason: string): NadiError =>
  new NadiError(
    'damaged-model',
    `The bytes are no model that can be used: ${reason}. Take another copy or train anew.`,
  )

interface Head {
  kind: string
  version: string
  facts: unknown
  arrays: [string, number][]
}

const headOf = (bytes: Buffer): Head => {
  try {
    // The checksum was right, so that this is what `encodeModelFile` wrote.
    return JSON.parse(bytes.toString('utf8')) as Head
  } catch (cause) {
    throw new NadiError(
      'damaged-model',
      'The head of the model is no JSON. Take another copy or train anew.',
      {
        cause,
      },
    )
  }
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
