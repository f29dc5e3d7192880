import type { DatabaseSync } from 'node:sqlite'
import { NadiError } from '../../city/errors.ts'
import { isRole } from '../../city/roles.ts'
import { atomically, queryOf } from '../sqlite.ts'
import type { User, UserTable } from './catalogue.ts'
import { hashPassword, passwordMatches } from './secrets.ts'

/** People with a local account. Names are compared without regard to case. */
export const userTable = (db: DatabaseSync, now: () => number): UserTable => {
  const columns = 'name, role, created_ms AS createdMs'
  const all = queryOf<User>(db.prepare(`SELECT ${columns} FROM user ORDER BY name`))
  const one = queryOf<User & { password: string }>(
    db.prepare(`SELECT ${columns}, password FROM user WHERE name = ?`),
  )
  const total = queryOf<{ users: number }>(db.prepare('SELECT count(*) AS users FROM user'))
  const insert = db.prepare(
    'INSERT INTO user (name, role, password, created_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const setRole = db.prepare('UPDATE user SET role = ? WHERE name = ?')
  const remove = db.prepare('DELETE FROM user WHERE name = ?')

  return {
    async add(name, role, password, alongside) {
      checkUser(name, role, password)
      // Nothing is stretched for a name that is taken; the insert decides when two come at once.
      if (one.get(name)) throw taken(name)
      const kept = await hashPassword(password)
      atomically(db, () => {
        if (insert.run(name, role, kept, now()).changes === 0) throw taken(name)
        alongside?.()
      })
    },
    list: () => all.all().map((user) => ({ ...user })),
    changeRole(name, role) {
      const user = one.get(name)
      if (!user) throw unknown(name)
      setRole.run(role, name)
      return user.role
    },
    remove(name) {
      if (remove.run(name).changes === 0) throw unknown(name)
    },
    async authenticate(name, password) {
      const user = one.get(name)
      if (!(await passwordMatches(password, user?.password)) || !user) return undefined
      return { name: user.name, role: user.role, createdMs: user.createdMs }
    },
    count: () => total.get()?.users ?? 0,
  }
}

/** Shortest password of a person, in characters. */
const MIN_PASSWORD_LENGTH = 10
const MAX_PASSWORD_LENGTH = 1_000
const USER_NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/

const taken = (name: string): NadiError =>
  new NadiError('conflict', `There is an account "${name}" already. Choose another name, or remove it first.`)

const unknown = (name: string): NadiError =>
  new NadiError('not-found', `There is no account "${name}". List them to see their names.`)

const checkUser = (name: string, role: string, password: string): void => {
  const problems = [
    ...(USER_NAME.test(name)
      ? []
      : [{ pointer: '/name', detail: '1 to 64 letters, digits, ".", "_", "@" and "-"' }]),
    ...(isRole(role) && role !== 'citizen'
      ? []
      : [{ pointer: '/role', detail: 'operator, scientist, administrator or agency:ID' }]),
    ...(password.length >= MIN_PASSWORD_LENGTH && password.length <= MAX_PASSWORD_LENGTH
      ? []
      : [{ pointer: '/password', detail: `at least ${MIN_PASSWORD_LENGTH} characters` }]),
  ]
  if (problems.length === 0) return
  const list = problems.map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`).join('; ')
  throw new NadiError('invalid-input', `The account cannot be made. Correct ${list}.`, { problems })
}
