import { createHash } from 'node:crypto'
import { z } from 'zod'
import { NadiError } from '../city/errors.ts'

/**
 * A model that is described by a few numbers, as bytes that say themselves what they are: a line with the SHA-256 of
 * all that follows, then JSON with name and version of the model and its content.
 */
const MAGIC = 'nadi-model'

const document = z.object({ name: z.string(), version: z.string(), content: z.unknown() })

interface Described {
  name: string
  version: string
  content: unknown
}

export const toModelBytes = (model: Described): Uint8Array => {
  const text = JSON.stringify(model)
  return Buffer.from(`${MAGIC} ${sha256(text)}\n${text}`)
}

/** The content. Throws `damaged-model` when bytes are damaged, or a model of another name or version. */
export const fromModelBytes = (bytes: Uint8Array, { name, version }: Omit<Described, 'content'>): unknown => {
  const [head = '', ...rest] = Buffer.from(bytes).toString('utf8').split('\n')
  const text = rest.join('\n')
  if (head !== `${MAGIC} ${sha256(text)}`) throw damaged('its checksum does not fit its content')
  const parsed = document.safeParse(JSON.parse(text))
  if (!parsed.success) throw damaged('it holds no name and version')
  const found = parsed.data
  if (found.name !== name || found.version !== version) {
    throw damaged(`it is ${found.name} ${found.version}, not ${name} ${version}`)
  }
  return found.content
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const damaged = (why: string): NadiError =>
  new NadiError('damaged-model', `The model cannot be used: ${why}. Train it again, or take another file.`)
