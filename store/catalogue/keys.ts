import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { NadiError } from '../../city/errors.ts'
import { isRole } from '../../city/roles.ts'
import { queryOf } from '../sqlite.ts'
import type { ApiKey, KeyTable } from './catalogue.ts'
import { hashSecret, makeSecret, secretMatches } from './secrets.ts'

/** Keys of machines, held in memory beside the table: one is checked at every request. */
export const keyTable = (db: DatabaseSync, now: () => number): KeyTable & { reload(): void } => {
  const all = queryOf<ApiKey & { secretHash: Uint8Array }>(
    db.prepare(
      'SELECT id, role, name, secret_hash AS secretHash, created_ms AS createdMs, revoked_ms AS revokedMs FROM api_key',
    ),
  )
  const insert = db.prepare(
    'INSERT INTO api_key (id, role, name, secret_hash, created_ms) VALUES (?, ?, ?, ?, ?)',
  )
  const setRevoked = db.prepare('UPDATE api_key SET revoked_ms = ? WHERE id = ?')
  const keys = new Map<string, ApiKey>()
  const hashes = new Map<string, Uint8Array>()
  const reload = (): void => {
    keys.clear()
    hashes.clear()
    for (const { secretHash, ...key } of all.all()) {
      keys.set(key.id, key)
      hashes.set(key.id, secretHash)
    }
  }
  reload()

  return {
    reload,
    add(role, name) {
      if (!isRole(role)) {
        throw new NadiError('invalid-input', `"${String(role)}" is no role. Use ${ROLES}.`, {
          problems: [{ pointer: '/role', detail: ROLES }],
        })
      }
      // Hexadecimal: an id never holds the "_" that ends it in a key.
      const id = randomBytes(8).toString('hex')
      const key = `nadi_${id}_${makeSecret()}`
      const hash = hashSecret(key)
      const createdMs = now()
      insert.run(id, role, name, hash, createdMs)
      keys.set(id, { id, role, name, createdMs, revokedMs: null })
      hashes.set(id, hash)
      return { id, key }
    },
    list: () => [...keys.values()].map((key) => ({ ...key })).sort((a, b) => a.createdMs - b.createdMs),
    revoke(id) {
      const known = keys.get(id)
      if (!known) throw new NadiError('not-found', `There is no key "${id}". List them to see their ids.`)
      if (known.revokedMs !== null) return
      const revokedMs = now()
      setRevoked.run(revokedMs, id)
      keys.set(id, { ...known, revokedMs })
    },
    authenticate(key) {
      const id = /^nadi_([0-9a-f]{16})_/.exec(key)?.[1] ?? ''
      const known = keys.get(id)
      return secretMatches(key, hashes.get(id)) && known?.revokedMs === null ? known : undefined
    },
  }
}

const ROLES = 'citizen, operator, scientist, administrator or agency:ID'
