import type { DatabaseSync } from 'node:sqlite'
import { NadiError } from '../../city/errors.ts'
import { atomically, queryOf } from '../sqlite.ts'
import type { Certificate, CertificateTable, Device } from './catalogue.ts'

/** What revoking a device needs of its certificates. */
export interface RevocableCertificates {
  /** Writes that all of a device are revoked, in the caller's transaction; what it returns is called once that holds. */
  revokeOf(device: string, revokedMs: number): () => void
}

/** An expired certificate is forgotten after this long, when its device gets another. */
const REMEMBERED_MS = 90 * 86_400_000

/** The certificates that devices were issued, held in memory beside the table: asked for at every connection. */
export const certificateTable = (
  db: DatabaseSync,
  now: () => number,
  findDevice: (id: string) => Device | undefined,
): CertificateTable & RevocableCertificates & { reload(): void } => {
  const all = queryOf<Row>(
    db.prepare(
      `SELECT serial, device, issued_ms AS issuedMs, expires_ms AS expiresMs, revoked_ms AS revokedMs
         FROM certificate ORDER BY issued_ms DESC, serial`,
    ),
  )
  const insert = db.prepare(
    'INSERT INTO certificate (serial, device, issued_ms, expires_ms) VALUES (?, ?, ?, ?)',
  )
  const forget = db.prepare('DELETE FROM certificate WHERE serial = ?')
  const setExpiry = db.prepare('UPDATE certificate SET expires_ms = ? WHERE serial = ?')
  const setRevoked = db.prepare('UPDATE certificate SET revoked_ms = ? WHERE serial = ?')

  const certificates = new Map<string, Kept>()
  let revision = 0
  /** Reads all again; what was handed out stays the same object. */
  const reload = (): void => {
    revision += 1
    const gone = new Map(certificates)
    for (const row of all.all()) {
      certificates.set(row.serial, Object.assign(certificates.get(row.serial) ?? kept(row), kept(row)))
      gone.delete(row.serial)
    }
    for (const [serial, certificate] of gone) {
      certificate.validUntilMs = 0
      certificates.delete(serial)
    }
  }
  reload()

  const listed = (device?: string): Kept[] =>
    [...certificates.values()]
      .filter((it) => device === undefined || it.device === device)
      .sort((a, b) => b.issuedMs - a.issuedMs || (a.serial < b.serial ? -1 : 1))

  const revokeAll = (chosen: readonly Kept[], revokedMs: number): (() => void) => {
    const ended = chosen.filter((it) => it.revokedMs === null)
    for (const { serial } of ended) setRevoked.run(revokedMs, serial)
    return () => {
      for (const it of ended) Object.assign(it, { revokedMs, validUntilMs: 0 })
      if (ended.length > 0) revision += 1
    }
  }

  return {
    reload,
    add({ serial, device, issuedMs, expiresMs }, graceMs) {
      const known = findDevice(device)
      if (!known) throw new NadiError('not-found', `There is no device "${device}". Add it first.`)
      if (known.revokedMs !== null) {
        throw new NadiError('conflict', `The device "${device}" is revoked. Add it again to let it in.`)
      }
      const others = listed(device)
      const forgotten = others.filter((it) => it.expiresMs < now() - REMEMBERED_MS)
      const untilMs = graceMs === undefined ? Infinity : now() + graceMs
      const shortened = others.filter((it) => it.expiresMs > untilMs)
      const made = kept({ serial, device, issuedMs, expiresMs, revokedMs: null })
      atomically(db, () => {
        insert.run(serial, device, issuedMs, expiresMs)
        for (const it of forgotten) forget.run(it.serial)
        for (const it of shortened) setExpiry.run(untilMs, it.serial)
      })
      certificates.set(serial, made)
      for (const it of forgotten) certificates.delete(it.serial)
      for (const it of shortened) {
        it.expiresMs = untilMs
        it.validUntilMs = Math.min(it.validUntilMs, untilMs)
      }
      return { ...made }
    },
    find: (serial) => certificates.get(serial),
    list: (device) => listed(device).map((it) => ({ ...it })),
    revision: () => revision,
    revoke(serial) {
      const certificate = certificates.get(serial)
      if (!certificate) {
        throw new NadiError('not-found', `There is no certificate ${serial}. List them to see their numbers.`)
      }
      revokeAll([certificate], now())()
      return { ...certificate }
    },
    revokeOf: (device, revokedMs) => revokeAll(listed(device), revokedMs),
  }
}

type Row = Omit<Certificate, 'validUntilMs'>
type Kept = Row & { validUntilMs: number }

const kept = (row: Row): Kept => ({ ...row, validUntilMs: row.revokedMs === null ? row.expiresMs : 0 })
