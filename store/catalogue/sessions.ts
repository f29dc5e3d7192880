import type { DatabaseSync } from 'node:sqlite'
import { queryOf } from '../sqlite.ts'
import type { SessionTable, User } from './catalogue.ts'
import { hashSecret, makeSecret } from './secrets.ts'

/** Logins of people. A removed account takes its sessions along; ended ones are swept when a new one opens. */
export const sessionTable = (db: DatabaseSync, now: () => number): SessionTable => {
  const insert = db.prepare('INSERT INTO session (token_hash, user_name, expires_ms) VALUES (?, ?, ?)')
  const sweep = db.prepare('DELETE FROM session WHERE expires_ms <= ?')
  const remove = db.prepare('DELETE FROM session WHERE token_hash = ?')
  // Looking a hash up in an index tells an attacker nothing useful: the hash of a guess cannot be steered.
  const find = queryOf<User>(
    db.prepare(
      `SELECT user.name, user.role, user.created_ms AS createdMs FROM session
       JOIN user ON user.name = session.user_name WHERE token_hash = ? AND expires_ms > ?`,
    ),
  )
  return {
    open(userName, expiresMs) {
      sweep.run(now())
      const token = makeSecret()
      insert.run(hashSecret(token), userName, expiresMs)
      return token
    },
    find(token, nowMs) {
      const user = find.get(hashSecret(token), nowMs)
      return user && { ...user }
    },
    close(token) {
      remove.run(hashSecret(token))
    },
  }
}
