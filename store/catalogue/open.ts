import type { Logger } from 'pino'
import { atomically, openDatabase } from '../sqlite.ts'
import { createAuditLog } from './auditLog.ts'
import type { Catalogue } from './catalogue.ts'
import { birthTable } from './births.ts'
import { certificateTable } from './certificates.ts'
import { datastreamTable } from './datastreams.ts'
import { deviceTable } from './devices.ts'
import { keyTable } from './keys.ts'
import { labelTable } from './labels.ts'
import { noticeTable } from './notices.ts'
import { quarantineTable } from './quarantine.ts'
import { erasureTable } from './erasures.ts'
import { reportTable } from './reports.ts'
import { CATALOGUE_MIGRATIONS } from './schema.ts'
import { sessionTable } from './sessions.ts'
import { sourceTable } from './sources.ts'
import { thingTable } from './things.ts'
import { userTable } from './users.ts'
import { voteChangeTable } from './voteChanges.ts'
import { voteTable } from './votes.ts'

export interface CatalogueOptions {
  /** The SQLite file; its folder is made when missing. */
  file: string
  log: Logger
  /** Wall clock, epoch milliseconds. */
  now?: () => number
  quarantineBytesPerDevice?: number
  /** How often what `noteSeen` and `noteForbidden` noted is written. */
  flushIntervalMs?: number
}

/** Opens the catalogue, or makes it. Throws `store-unavailable` when the file cannot be used. */
export const openCatalogue = ({
  file,
  log,
  now = Date.now,
  quarantineBytesPerDevice = 5_000_000,
  flushIntervalMs = 5_000,
}: CatalogueOptions): Catalogue => {
  const db = openDatabase(file, CATALOGUE_MIGRATIONS)
  // What is erased or replaced is overwritten: reports hold what citizens wrote.
  db.exec('PRAGMA secure_delete = ON')
  // An undone transaction may have left in memory what the file does not hold.
  const undo = (): void => {
    things.reload()
    datastreams.reload()
    devices.reload()
    sources.reload()
    certificates.reload()
    keys.reload()
    erasures.reload()
    quarantine.recount()
  }
  const things = thingTable(db, undo)
  const datastreams = datastreamTable(db, things, undo)
  const certificates = certificateTable(db, now, (id) => devices.find(id))
  const devices = deviceTable(db, now, certificates)
  const sources = sourceTable(db)
  const keys = keyTable(db, now)
  const erasures = erasureTable(db)
  const quarantine = quarantineTable(db, quarantineBytesPerDevice, (device, packs) =>
    log.warn({ device, packs }, 'quarantine of this device is full: its oldest packs were dropped'),
  )
  const { tick, finish, ...audit } = createAuditLog({ db, file, now, log })
  const flush = (writeAudit: () => void): void => {
    try {
      devices.flush()
      writeAudit()
    } catch (error) {
      log.warn({ err: error }, 'notes on devices and accesses could not be written; tried again later')
    }
  }
  const timer = setInterval(() => flush(tick), flushIntervalMs)
  timer.unref()

  return {
    things,
    datastreams,
    devices,
    sources,
    certificates,
    births: birthTable(db),
    users: userTable(db, now),
    keys,
    sessions: sessionTable(db, now),
    quarantine,
    notices: noticeTable(db),
    labels: labelTable(db),
    erasures,
    votes: voteTable(db),
    voteChanges: voteChangeTable(db),
    reports: reportTable(db),
    audit,
    transaction: (run) => atomically(db, run, undo),
    flush: () => flush(tick),
    close() {
      if (!db.isOpen) return
      clearInterval(timer)
      flush(finish)
      db.close()
    },
  }
}
