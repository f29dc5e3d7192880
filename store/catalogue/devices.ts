import type { DatabaseSync } from 'node:sqlite'
import { NadiError } from '../../city/errors.ts'
import { isGatewayRoot, rootsOverlap } from '../../city/gatewayRoot.ts'
import { isThingPath } from '../../city/names.ts'
import { isDeviceId } from '../../city/topics.ts'
import { atomically, queryOf } from '../sqlite.ts'
import type { Credential, Device, DeviceTable } from './catalogue.ts'
import type { RevocableCertificates } from './certificates.ts'
import { createDeviceNotes } from './deviceNotes.ts'
import { hashSecret, makeSecret, NO_SECRET, secretMatches } from './secrets.ts'

/**
 * Devices and the hashes of their passwords, held in memory beside the table. Statuses (but for a device's first),
 * `noteSeen` and `noteForbidden` only touch memory; `flush` writes what they noted, and a crash loses at most the notes
 * since the last flush.
 */
export const deviceTable = (
  db: DatabaseSync,
  now: () => number,
  certificates: RevocableCertificates,
): DeviceTable & { flush(): void; reload(): void } => {
  const all = queryOf<Device & KeptPasswords>(
    db.prepare(
      `SELECT id, building, gateway, secret_hash AS secretHash, previous_hash AS previousHash,
         previous_until_ms AS previousUntilMs, created_ms AS createdMs, revoked_ms AS revokedMs, status,
         status_ms AS statusMs, last_seen_ms AS lastSeenMs, forbidden_count AS forbiddenCount FROM device`,
    ),
  )
  const upsert = db.prepare(
    `INSERT INTO device (id, building, gateway, secret_hash, created_ms, status, forbidden_count)
     VALUES (?, ?, ?, ?, ?, 'never', 0)
     ON CONFLICT (id) DO UPDATE SET building = excluded.building, gateway = excluded.gateway, secret_hash = excluded.secret_hash,
       created_ms = excluded.created_ms, revoked_ms = NULL`,
  )
  const setPasswords = db.prepare(
    'UPDATE device SET secret_hash = ?, previous_hash = ?, previous_until_ms = ? WHERE id = ?',
  )
  const setRevoked = db.prepare(
    'UPDATE device SET revoked_ms = ?, previous_hash = NULL, previous_until_ms = NULL WHERE id = ?',
  )
  const writeStatus = db.prepare('UPDATE device SET status = ?, status_ms = ? WHERE id = ?')
  const writeNotes = db.prepare(
    'UPDATE device SET status = ?, status_ms = ?, last_seen_ms = ?, forbidden_count = ? WHERE id = ?',
  )

  const devices = new Map<string, Device>()
  /** The one that is given out, and the one before it while its grace lasts. */
  const passwords = new Map<string, Password[]>()
  const noted = new Set<Device>()
  /** Reads all again. What was handed out stays the same object: a password keeps its own by its hash. */
  const reload = (): void => {
    const gone = new Set(devices.values())
    for (const { secretHash, previousHash, previousUntilMs, ...row } of all.all()) {
      const { status: _, statusMs: _since, lastSeenMs: _seen, forbiddenCount: _count, ...told } = row
      const device = devices.get(row.id)
      if (device) gone.delete(Object.assign(device, told))
      else devices.set(row.id, row)
      const before = passwords.get(row.id) ?? []
      const keep = (hash: Uint8Array, validUntilMs: number): Password =>
        Object.assign(before.find((it) => Buffer.compare(it.hash, hash) === 0) ?? { hash, validUntilMs }, {
          validUntilMs,
        })
      passwords.delete(row.id)
      if (row.revokedMs !== null) continue
      passwords.set(row.id, [
        keep(secretHash, Infinity),
        ...(previousHash ? [keep(previousHash, previousUntilMs ?? 0)] : []),
      ])
    }
    for (const device of gone) {
      devices.delete(device.id)
      passwords.delete(device.id)
      noted.delete(device)
    }
  }
  reload()

  const existing = (id: string): Device => {
    const device = devices.get(id)
    if (device) return device
    throw new NadiError('not-found', `There is no device "${id}". List them to see their ids.`)
  }

  const requireFreeRoot = (root: string): void => {
    if (!isGatewayRoot(root)) {
      throw new NadiError(
        'invalid-input',
        `"${root.slice(0, 100)}" is no topic root of a gateway: write one to four levels without "+", "#" and "$", like "zigbee2mqtt/library", and none of the city's own ("nadi", "v1.1").`,
        { problems: [{ pointer: '/gateway', detail: 'one to four plain topic levels' }] },
      )
    }
    for (const { id, gateway, revokedMs } of devices.values()) {
      if (gateway === null || revokedMs !== null || !rootsOverlap(gateway, root)) continue
      throw new NadiError(
        'conflict',
        `The root "${root}" overlaps with "${gateway}" of the gateway "${id}". Choose another, or revoke that one.`,
      )
    }
  }

  const insert = (id: string, building: string, gateway: string | undefined, hash: Uint8Array): void => {
    if (!isDeviceId(id)) {
      throw new NadiError(
        'invalid-input',
        `"${id}" is no device id: use 1 to 64 letters, digits, ".", "_" and "-", beginning with a letter or digit, and not "alarms".`,
        { problems: [{ pointer: '/id', detail: 'letters, digits, ".", "_" and "-"' }] },
      )
    }
    if (!isThingPath(building) || building.includes('/')) {
      throw new NadiError(
        'invalid-input',
        `"${building}" is no building id: use lower-case letters, digits and "-".`,
        {
          problems: [{ pointer: '/building', detail: 'lower-case letters, digits and "-"' }],
        },
      )
    }
    const known = devices.get(id)
    if (known && known.revokedMs === null) {
      throw new NadiError(
        'conflict',
        `There is a device "${id}" already. Choose another id. A new password gives it "nadi devices rotate ${id}", a certificate "nadi devices certificate ${id}".`,
      )
    }
    if (gateway !== undefined) requireFreeRoot(gateway)
    const createdMs = now()
    upsert.run(id, building, gateway ?? null, hash, createdMs)
    passwords.set(id, [{ hash, validUntilMs: Infinity }])
    // A revoked device comes back as the same object: whoever counts its notes goes on counting.
    if (known) Object.assign(known, { building, gateway: gateway ?? null, createdMs, revokedMs: null })
    else devices.set(id, { ...NEW_DEVICE, id, building, gateway: gateway ?? null, createdMs })
  }

  return {
    reload,
    add(id, building, gateway) {
      const password = makeSecret()
      insert(id, building, gateway, hashSecret(password))
      return password
    },
    addWithoutPassword: (id, building, gateway) => insert(id, building, gateway, NO_SECRET),
    hasPassword: (id) =>
      passwords.get(id)?.some(({ hash }) => Buffer.compare(hash, NO_SECRET) !== 0) ?? false,
    notes: createDeviceNotes((id) => devices.has(id)),
    find: (id) => devices.get(id),
    list: () => [...devices.values()].map((device) => ({ ...device })).sort(byId),
    rotate(id, graceMs) {
      if (existing(id).revokedMs !== null) {
        throw new NadiError('conflict', `The device "${id}" is revoked. Add it again to let it in.`)
      }
      const password = makeSecret()
      const hash = hashSecret(password)
      const [last, ...older] = passwords.get(id) ?? []
      const keeps = last !== undefined && graceMs > 0
      const untilMs = keeps ? now() + graceMs : 0
      setPasswords.run(hash, keeps ? last.hash : null, keeps ? untilMs : null, id)
      for (const ended of older) ended.validUntilMs = 0
      if (last) last.validUntilMs = untilMs
      passwords.set(id, [{ hash, validUntilMs: Infinity }, ...(keeps ? [last] : [])])
      return password
    },
    revoke(id) {
      const device = existing(id)
      if (device.revokedMs !== null) return
      const revokedMs = now()
      const written = atomically(db, () => {
        setRevoked.run(revokedMs, id)
        return certificates.revokeOf(id, revokedMs)
      })
      written()
      device.revokedMs = revokedMs
      for (const password of passwords.get(id) ?? []) password.validUntilMs = 0
      passwords.delete(id)
    },
    authenticate(id, password) {
      const device = devices.get(id)
      const [credential, previous] = passwords.get(id) ?? []
      const right = [credential, previous].filter((kept) => secretMatches(password, kept?.hash))
      const valid = right.find((kept) => kept !== undefined && now() < kept.validUntilMs)
      return device && valid ? { device, credential: valid } : undefined
    },
    setStatus(id, status, atMs) {
      const device = devices.get(id)
      if (!device || device.status === status) return
      // Who has told a status ever is told offline of when the city starts: that much must outlive a crash.
      if (device.status === 'never') writeStatus.run(status, atMs, id)
      else noted.add(device)
      device.status = status
      device.statusMs = atMs
    },
    noteSeen(id, atMs) {
      const device = devices.get(id)
      if (!device) return
      device.lastSeenMs = atMs
      noted.add(device)
    },
    noteForbidden(id) {
      const device = devices.get(id)
      if (!device) return
      device.forbiddenCount += 1
      noted.add(device)
    },
    flush() {
      if (noted.size === 0) return
      atomically(db, () => {
        for (const { id, status, statusMs, lastSeenMs, forbiddenCount } of noted) {
          writeNotes.run(status, statusMs, lastSeenMs, forbiddenCount, id)
        }
      })
      noted.clear()
    },
  }
}

interface KeptPasswords {
  secretHash: Uint8Array
  previousHash: Uint8Array | null
  previousUntilMs: number | null
}

interface Password extends Credential {
  hash: Uint8Array
  validUntilMs: number
}

const NEW_DEVICE = {
  revokedMs: null,
  status: 'never' as const,
  statusMs: null,
  lastSeenMs: null,
  forbiddenCount: 0,
}

const byId = (a: Device, b: Device): number => (a.id < b.id ? -1 : 1)
