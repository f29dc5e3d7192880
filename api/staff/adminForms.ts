import { NadiError } from '../../city/errors.ts'
import type { AdminTexts } from './adminTexts.ts'
import { fieldOf, type FormState } from './formState.ts'

/** What the administrator's forms for people, keys and devices share. */

/** The role that a form names: of an agency, with its code. */
export const roleTextOf = ({ role, agency }: { role: string; agency: string }): string =>
  role === 'agency' ? `agency:${agency}` : role

/** The choice of a role, and the code that an agency's has. */
export const roleFields = (
  state: FormState,
  text: AdminTexts,
  roles: readonly (keyof AdminTexts['roles'])[],
) => [
  fieldOf(state, 'role', text.role, { choices: roles.map((role) => [role, text.roles[role]]) }),
  fieldOf(state, 'agency', text.agency, { hint: text.agencyHint }),
]

/** A role in words: `agency:health` is "agency health". */
export const roleWords = (text: AdminTexts, role: string): string => {
  const [kind = '', agency = ''] = role.split(':')
  const word = Object.entries(text.roles).find(([known]) => known === kind)?.[1] ?? kind
  return `${word} ${agency}`.trim()
}

/** What is to be written in each wrong field; an error that is about none of them is thrown on. */
export const wrongFields = (
  error: unknown,
  wrong: Readonly<Record<string, string>>,
  conflict?: Readonly<Record<string, string>>,
): Record<string, string> => {
  if (!(error instanceof NadiError)) throw error
  if (error.code === 'conflict' && conflict) return { ...conflict }
  if (error.code !== 'invalid-input' || error.problems.length === 0) throw error
  return Object.fromEntries(
    error.problems.map(({ pointer, detail }) => [pointer.slice(1), wrong[pointer] ?? detail]),
  )
}
