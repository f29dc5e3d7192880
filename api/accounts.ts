import { randomBytes } from 'node:crypto'
import { NadiError } from '../city/errors.ts'
import type { Role } from '../city/roles.ts'
import { actorOf, audited } from './audit.ts'
import type { ApiContext } from './context.ts'
import type { Principal } from './env.ts'

/**
 * What administrators do with people's accounts and machines' keys, for `/v1` and for the pages under `/ops` alike.
 * Each act and its entry in the audit log are one commit.
 */
type Context = Pick<ApiContext, 'catalogue'>

/** Adds an account. Returns the password that the city made, when none was chosen. Throws `conflict`. */
export const addPerson = async (
  { catalogue }: Context,
  principal: Principal,
  { name, role, password }: { name: string; role: Role; password?: string | undefined },
): Promise<string | undefined> => {
  // 18 bytes are 24 characters: enough to be strong, short enough to be typed once.
  const made = password === undefined ? randomBytes(18).toString('base64url') : undefined
  await catalogue.users.add(name, role, password ?? made ?? '', () => {
    catalogue.audit.record({
      actor: actorOf(principal),
      action: 'user.add',
      subject: name,
      detail: { role },
    })
  })
  return made
}

/** Gives an account another role, from its next request on. Throws `not-found`, `conflict` for the last administrator. */
export const changeRole = (context: Context, principal: Principal, name: string, role: Role): void => {
  if (role !== 'administrator') keepAdministrator(context, name)
  audited(
    context,
    principal,
    () => context.catalogue.users.changeRole(name, role),
    (before) => ({ action: 'user.role', subject: name, detail: { role, before } }),
  )
}

/** Removes an account with its sessions. Throws `not-found`, `conflict` for the last administrator. */
export const removePerson = (context: Context, principal: Principal, name: string): void => {
  keepAdministrator(context, name)
  audited(
    context,
    principal,
    () => context.catalogue.users.remove(name),
    () => ({ action: 'user.remove', subject: name }),
  )
}

/** Makes a key; `key` is shown once. */
export const addKey = (
  context: Context,
  principal: Principal,
  { role, name }: { role: Role; name: string },
): { id: string; key: string } =>
  audited(
    context,
    principal,
    () => context.catalogue.keys.add(role, name),
    ({ id }) => ({ action: 'key.add', subject: id, detail: { role, name } }),
  )

/** Ends a key. Throws `not-found`, `conflict` for the key that asks. */
export const revokeKey = (context: Context, principal: Principal, id: string): void => {
  if (principal.id === `key:${id}`) {
    throw new NadiError('conflict', 'A key does not revoke itself. Ask with another key, or log in.')
  }
  audited(
    context,
    principal,
    () => context.catalogue.keys.revoke(id),
    () => ({ action: 'key.revoke', subject: id }),
  )
}

const keepAdministrator = ({ catalogue }: Context, name: string): void => {
  const administrators = catalogue.users.list().filter(({ role }) => role === 'administrator')
  if (administrators.length !== 1 || administrators[0]?.name.toLowerCase() !== name.toLowerCase()) return
  throw new NadiError('conflict', `"${name}" is the only administrator. Add another administrator first.`)
}
