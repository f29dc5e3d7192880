import type { Context } from 'hono'
import { NadiError } from '../../city/errors.ts'

const URLENCODED = /^application\/x-www-form-urlencoded(?:;|$)/i

/**
 * The named fields of a posted HTML form, each a text (empty when absent). Throws `unsupported-media-type` for
 * another kind of body and `invalid-input` for fields that the form does not have.
 */
export const readForm = async <Name extends string>(
  c: Context,
  names: readonly Name[],
): Promise<Record<Name, string>> => {
  if (!URLENCODED.test(c.req.header('content-type') ?? '')) {
    throw new NadiError(
      'unsupported-media-type',
      'Send the form as application/x-www-form-urlencoded, as a browser does.',
    )
  }
  const fields = new URLSearchParams(await c.req.text())
  const unknown = [...fields.keys()].filter((name) => !(names as readonly string[]).includes(name))
  if (unknown.length > 0) {
    throw new NadiError('invalid-input', `The form has no field ${unknown.slice(0, 5).join(', ')}.`, {
      problems: unknown.slice(0, 20).map((name) => ({ pointer: `/${name}`, detail: 'is not a known field' })),
    })
  }
  return Object.fromEntries(names.map((name) => [name, fields.get(name) ?? ''])) as Record<Name, string>
}
