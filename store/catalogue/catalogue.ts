import type { Label } from '../../city/labels.ts'
import type { Kind } from '../../city/observation.ts'
import type { Role } from '../../city/roles.ts'
import type { DeviceNotes } from './deviceNotes.ts'
import type { ErasureTable } from './erasures.ts'
import type { ReportTable } from './reports.ts'
import type { SourceTable } from './sources.ts'
import type { VoteChangeTable } from './voteChanges.ts'
import type { VoteTable } from './votes.ts'

/**
 * What the city knows besides numbers: one SQLite file (WAL, `synchronous=FULL`), opened by the core's main thread
 * alone. Every method is synchronous and, unless it says otherwise, durable when it returns. One file of this folder implements one table.
 */
export interface Catalogue {
  things: ThingTable
  datastreams: DatastreamTable
  devices: DeviceTable
  sources: SourceTable
  certificates: CertificateTable
  births: BirthTable
  users: UserTable
  keys: KeyTable
  sessions: SessionTable
  quarantine: QuarantineTable
  notices: NoticeTable
  labels: LabelTable
  erasures: ErasureTable
  votes: VoteTable
  voteChanges: VoteChangeTable
  reports: ReportTable
  audit: AuditLog
  /**
   * Runs several calls in one transaction and one commit, e.g. all Datastreams of a birth, or an administrative act and
   * its entry in the audit log. Undone as a whole when `run` throws; `run` must not be asynchronous.
   */
  transaction<T>(run: () => T): T
  /** Writes now what is only noted in memory (statuses, last seen, numbers of accesses of hours that are over). */
  flush(): void
  close(): void
}

export interface Thing {
  id: number
  /** `shared-office/floor-2`. */
  path: string
  brickClass: string | null
}

export interface ThingTable {
  /** Finds or makes the Thing and everything above it; a given `brickClass` replaces an unknown one. */
  ensure(path: string, brickClass?: string): Thing
  find(path: string): Thing | undefined
  /** All, or the Thing at `under` and everything below it, ascending by path. */
  list(under?: string): Thing[]
}

export interface Datastream {
  id: number
  /** `shared-office/floor-2/zone-a/co2`. */
  path: string
  thingId: number
  property: string
  unit: string
  kind: Kind
  brickClass: string | null
  /** What was declared last: how soon the next reading is due. */
  intervalSeconds: number | null
  /** The longest ever declared: by it the past is judged, of which some may have been read less often than now. */
  longestIntervalSeconds: number | null
  /** IANA zone of the data, when it differs from the city's (an imported estate elsewhere). */
  timeZone: string | null
  /** True when no birth and no mapping declared it: made from what a pack said. */
  undeclared: boolean
}

export interface DatastreamTable {
  find(path: string): Datastream | undefined
  byId(id: number): Datastream | undefined
  /** All, or those at and below the Thing `under`, ascending by path. Served from memory. */
  list(under?: string): Datastream[]
  /** Finds or makes it (its Thing too), marked `undeclared`, with the property's unit and kind or the given unit. */
  ensure(path: string, unit?: string): Datastream
  /**
   * Makes or updates it with what a birth or a mapping says, and clears `undeclared`. Throws `conflict` when it is kept
   * in another unit.
   */
  declare(declaration: DatastreamDeclaration): Datastream
}

export interface DatastreamDeclaration {
  path: string
  unit?: string
  kind?: Kind
  brickClass?: string
  intervalSeconds?: number
  timeZone?: string
}

export interface Device {
  id: string
  building: string
  /** The foreign topic root that it maps to its building, if it is a gateway. */
  gateway: string | null
  createdMs: number
  revokedMs: number | null
  /** What its retained status says, and since when. */
  status: 'online' | 'offline' | 'never'
  statusMs: number | null
  /** The last pack that arrived, and how many publishes were refused so far. */
  lastSeenMs: number | null
  forbiddenCount: number
}

/** What proves an identity, as a live object: whoever was let in by it asks again whether it still is one. */
export interface Credential {
  /** Epoch milliseconds; `Infinity`: until it is rotated; 0: revoked, whatever the clock says. */
  readonly validUntilMs: number
}

/** A client certificate that the city's authority issued. The certificate itself is with the device alone. */
export interface Certificate extends Credential {
  /** Upper-case hexadecimal, without leading zeros. */
  serial: string
  device: string
  issuedMs: number
  /** What stands in it, or earlier when it was shortened because another took its place. */
  expiresMs: number
  revokedMs: number | null
}

export interface CertificateTable {
  /**
   * Keeps that it was issued; with `graceMs`, the device's others end after that time. Throws `not-found` for a device
   * that is not there, `conflict` for a revoked one.
   */
  add(
    certificate: Pick<Certificate, 'serial' | 'device' | 'issuedMs' | 'expiresMs'>,
    graceMs?: number,
  ): Certificate
  find(serial: string): Certificate | undefined
  /** Newest first; of one device, or all. */
  list(device?: string): Certificate[]
  /** Another number whenever others are revoked than before. */
  revision(): number
  /** Throws `not-found`. */
  revoke(serial: string): Certificate
}

export interface DeviceTable {
  /**
   * Makes the device and returns its password, shown once and kept only as a hash. Throws `conflict` when there is
   * one that is not revoked; a revoked one gets a new password and works again. A `gateway` root must overlap no other's.
   */
  add(id: string, building: string, gateway?: string): string
  /** The same for one that proves itself by a certificate alone. */
  addWithoutPassword(id: string, building: string, gateway?: string): void
  /** Whether there is a password that it may prove itself with; a revoked one has none. */
  hasPassword(id: string): boolean
  /**
   * Gives the device a new password, returned once. The one that it has stays valid for `graceMs` beside it, one from
   * before that no longer. Throws `not-found`, `conflict` for a revoked device.
   */
  rotate(id: string, graceMs: number): string
  find(id: string): Device | undefined
  list(): Device[]
  /** Ends its passwords and certificates. Throws `not-found`. */
  revoke(id: string): void
  /** The device and what it proved itself with, when that is valid. Constant time in the secret. */
  authenticate(id: string, password: string): { device: Device; credential: Credential } | undefined
  /**
   * Takes a new status in, nothing when it is the one that it has. A device's first is durable when this returns;
   * later ones are written in the background, so that no device costs a commit for each that it sends.
   */
  setStatus(id: string, status: 'online' | 'offline', atMs: number): void
  /** Kept in memory and written in the background: never on the path of a reading. */
  noteSeen(id: string, atMs: number): void
  noteForbidden(id: string): void
  /** How it goes with each now, for `devices check`; in memory. */
  notes: DeviceNotes
}

/** The last birth of each device, byte by byte: what the broker retains outlives it. */
export interface BirthTable {
  keep(device: string, payload: Uint8Array): void
  remove(device: string): void
  list(): { device: string; payload: Uint8Array }[]
}

export interface User {
  name: string
  role: Role
  createdMs: number
}

export interface UserTable {
  /** Argon2id. `alongside` runs in the transaction that makes the account. Throws `conflict`. */
  add(name: string, role: Role, password: string, alongside?: () => void): Promise<void>
  list(): User[]
  /** Returns the role before. Throws `not-found`. */
  changeRole(name: string, role: Role): Role
  remove(name: string): void
  authenticate(name: string, password: string): Promise<User | undefined>
  count(): number
}

export interface ApiKey {
  id: string
  role: Role
  name: string
  createdMs: number
  revokedMs: number | null
}

export interface KeyTable {
  /** Makes a key and returns it, shown once and kept only as a hash; it reads `nadi_{id}_{secret}`. */
  add(role: Role, name: string): { id: string; key: string }
  list(): ApiKey[]
  revoke(id: string): void
  /** The key's record when the whole key is right and not revoked. */
  authenticate(key: string): ApiKey | undefined
}

export interface SessionTable {
  /** A random token of the named person, kept as a hash, valid until `expiresMs`. */
  open(userName: string, expiresMs: number): string
  /** Whose session it is, while it lasts. */
  find(token: string, nowMs: number): User | undefined
  close(token: string): void
}

export interface QuarantinedPack {
  id: number
  device: string
  topic: string
  arrivedMs: number
  reason: string
  /** The payload as it arrived, or the one wrong record as JSON. */
  payload: Uint8Array
}

/** A pack as it is listed. */
export interface ListedPack extends Omit<QuarantinedPack, 'payload'> {
  /** The first 2000 bytes, and how many there are. */
  payloadStart: Uint8Array
  payloadBytes: number
}

export interface QuarantinePage {
  device?: string
  afterId?: number
  limit?: number
}

export interface QuarantineTable {
  /** Durable when it returns; bounded in bytes for each device, the oldest dropped and counted. */
  add(pack: Omit<QuarantinedPack, 'id'>): void
  /** Like `add` for several packs in one commit. */
  addAll(packs: readonly Omit<QuarantinedPack, 'id'>[]): void
  /** Ascending by id, those after `afterId`, at most `limit` (100): a thousand whole payloads would be 128 MB. */
  list(options?: QuarantinePage): ListedPack[]
  /** The ids of those that `list` would tell of. */
  ids(options?: QuarantinePage): number[]
  find(id: number): QuarantinedPack | undefined
  remove(id: number): void
  /** Packs quarantined ever, dropped ones included. */
  count(): number
  /** Packs dropped ever because their device's room was full. */
  dropped(): number
}

export interface Notice {
  id: number
  createdMs: number
  /** `alarm`, `warning` or `info`. */
  severity: 'alarm' | 'warning' | 'info'
  /** The Thing or Datastream that it is about. */
  about: string
  message: string
  /** Who told it: a key's or a person's id. */
  source: string
}

export interface NoticeTable {
  add(notice: Omit<Notice, 'id'>): Notice
  /** Newest first. */
  list(options?: { beforeId?: number; limit?: number }): Notice[]
}

export interface KeptLabel extends Label {
  id: number
  createdMs: number
  /** A key's or a person's id. */
  createdBy: string
}

export interface LabelTable {
  add(label: Omit<KeptLabel, 'id'>): KeptLabel
  /** All, in the order in which they were made. */
  list(): KeptLabel[]
  /** Returns what was removed. Throws `not-found`. */
  remove(id: number): KeptLabel
}

/**
 * Who did what, and who saw exact numbers of people: entries that are only added, each bound to the one before by its
 * hash. Never holds a secret. Throws `store-unavailable` when it cannot be written, and what it was to tell of is then
 * not done.
 */
export interface AuditLog {
  /** Durable when it returns, or with the transaction that is open. */
  record: (entry: NewAuditEntry) => AuditEntry
  /**
   * Records an access that may come often: one entry for the first in an hour of the same actor, action and subject, one
   * with the number of all when the hour is over. Resolves when the entry that covers it is durable.
   */
  access: (entry: NewAuditEntry) => Promise<void>
  /** Records what may be repeated without end: an entry at the 1st, 2nd, 4th, 8th ... time in an hour. */
  repeat: (entry: NewAuditEntry) => void
  /** Ascending by `seq`. */
  list: (page?: AuditPage) => AuditEntry[]
  head: () => AuditHead
  /** Walks the whole chain, and holds it against the heads that were noted outside the database. */
  verify(expected?: { head?: string | undefined }): Promise<AuditVerification>
}

export interface NewAuditEntry {
  actor: AuditActor
  /** What was done, e.g. `device.add`; the words before the dot say to what kind of thing. */
  action: string
  /** To what: a device's id, a person's name, a Datastream's path. */
  subject: string
  detail?: Readonly<Record<string, string | number | boolean | null>>
}

/** `id`: a person's name, a key's or device's id; of `city` the part that acted. */
export interface AuditActor {
  kind: 'person' | 'key' | 'device' | 'city' | 'anonymous'
  id: string
}

export interface AuditEntry extends Required<NewAuditEntry> {
  /** 1, 2, 3 ... without a gap. */
  seq: number
  timeMs: number
  /** Hexadecimal; of the first entry 64 zeros. */
  previousHash: string
  hash: string
}

/** The newest entry; `seq` 0 when there is none. */
export type AuditHead = Pick<AuditEntry, 'seq' | 'timeMs' | 'hash'>

export interface AuditPage {
  afterSeq?: number
  sinceMs?: number
  /** An actor's id, or `kind:id`. */
  actor?: string | undefined
  /** An action, or the words before its dot. */
  action?: string | undefined
  /** The same, of those to leave out. */
  except?: string | undefined
  limit?: number
}

export interface AuditVerification {
  /** Entries up to the first broken link. */
  entries: number
  head: AuditHead
  /** False: no head is noted outside the database, so that nothing tells whether the end of the log was cut off. */
  endKnown: boolean
  /** The first broken link; null when the chain is whole. */
  problem: { seq: number; reason: string } | null
}
