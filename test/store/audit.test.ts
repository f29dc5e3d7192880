import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalDetail, hashOf } from '../../store/catalogue/auditChain.ts'
import { verifyAuditFile } from '../../store/catalogue/auditFile.ts'
import type { NewAuditEntry } from '../../store/catalogue/catalogue.ts'
import { temporaryCatalogue } from './catalogueFixture.ts'

const HOUR_MS = 3_600_000
const act = (subject: string): NewAuditEntry => ({
  actor: { kind: 'person', id: 'siti' },
  action: 'device.add',
  subject,
  detail: { building: 'library' },
})
const access = (subject: string): NewAuditEntry => ({
  actor: { kind: 'key', id: '378cf4e3cd3ae02c' },
  action: 'access.series',
  subject,
})

/** A log of `count` entries in a file that nobody has open, and a way to do with it what triggers forbid. */
const closedLog = async (count: number) => {
  const at = await temporaryCatalogue()
  for (let i = 1; i <= count; i += 1) at.catalogue.audit.record(act(`device-${i}`))
  const head = at.catalogue.audit.head()
  at.catalogue.close()
  const tamper = (sql: string): void => {
    const db = new DatabaseSync(at.file)
    db.exec(
      'DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_shortened; DROP TRIGGER audit_goes_on_at_its_end',
    )
    db.exec(sql)
    db.close()
  }
  return {
    ...at,
    head,
    tamper,
    anchors: path.join(at.folder, 'audit-anchors.jsonl'),
    verify: (expected: { head?: string } = {}) => verifyAuditFile(at.folder, expected),
  }
}

/** Writes the entries from `seq` on anew so that the chain is whole in itself, as a forger with the file could. */
const rehashFrom = (file: string, seq: number, subject: string): void => {
  const db = new DatabaseSync(file)
  db.exec('DROP TRIGGER audit_is_not_changed')
  const rows = db.prepare('SELECT * FROM audit WHERE seq >= ? ORDER BY seq').all(seq) as Record<
    string,
    string
  >[]
  let previousHash = String(
    db.prepare('SELECT previous_hash FROM audit WHERE seq = ?').get(seq)?.previous_hash,
  )
  for (const row of rows) {
    const entry = {
      seq: Number(row.seq),
      timeMs: Number(row.time_ms),
      actor: { kind: 'person' as const, id: row.actor_id ?? '' },
      action: row.action ?? '',
      subject: Number(row.seq) === seq ? subject : (row.subject ?? ''),
      detail: row.detail ?? '',
      previousHash,
    }
    const hash = hashOf(entry)
    db.prepare('UPDATE audit SET subject = ?, previous_hash = ?, hash = ? WHERE seq = ?').run(
      entry.subject,
      previousHash,
      hash,
      entry.seq,
    )
    previousHash = hash
  }
  db.close()
}

describe('the audit log', () => {
  it('binds each entry to the one before it, over restarts', async () => {
    await using at = await temporaryCatalogue()
    const first = at.catalogue.audit.record(act('a'))
    expect(first).toMatchObject({ seq: 1, previousHash: '0'.repeat(64), subject: 'a' })
    const second = at.reopen().audit.record(act('b'))
    expect(second).toMatchObject({ seq: 2, previousHash: first.hash })
    expect(at.catalogue.audit.list()).toEqual([first, second])
    expect(await at.catalogue.audit.verify()).toMatchObject({ entries: 2, problem: null })
  })

  it('hashes what docs/operations.md says, so that anybody can check it', () => {
    const entry = {
      seq: 1,
      timeMs: 1_795_485_600_000,
      actor: { kind: 'person' as const, id: 'siti' },
      action: 'device.add',
      subject: 'meter-7',
      detail: canonicalDetail({ b: 1, a: 'x' }),
      previousHash: '0'.repeat(64),
    }
    expect(entry.detail).toBe('{"a":"x","b":1}')
    // printf '["nadi-audit-1",1,1795485600000,"person","siti","device.add","meter-7","{\"a\":\"x\",\"b\":1}","0...0"]' | sha256sum
    expect(hashOf(entry)).toBe('26fb374433b365466a625f904f8b6c5747bbe5189db8cdbf734bfacd33b5ecc5')
  })

  it('is not changed, shortened or refilled in its middle by SQL either', async () => {
    await using at = await closedLog(3)
    const db = new DatabaseSync(at.file)
    for (const sql of [
      "UPDATE audit SET subject = 'x'",
      'DELETE FROM audit WHERE seq = 3',
      'INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 3',
      "INSERT INTO audit SELECT 9, time_ms, actor_kind, actor_id, action, subject, detail, previous_hash, 'x' FROM audit WHERE seq = 3",
    ]) {
      expect(() => db.exec(sql), sql).toThrow(/only added to/)
    }
    db.close()
    expect(await at.verify()).toMatchObject({ entries: 3, problem: null })
  })

  it('takes its entries along when a transaction is undone, and the act that they tell of', async () => {
    await using at = await temporaryCatalogue()
    const { catalogue } = at
    const before = catalogue.devices.add('kept', 'library')
    expect(() =>
      catalogue.transaction(() => {
        catalogue.devices.add('undone', 'library')
        catalogue.devices.revoke('kept')
        catalogue.keys.add('operator', 'undone')
        catalogue.audit.record(act('undone'))
        throw new Error('the disk is full')
      }),
    ).toThrow('the disk is full')
    expect(catalogue.audit.head().seq).toBe(0)
    expect(catalogue.devices.find('undone')).toBeUndefined()
    expect(catalogue.devices.authenticate('kept', before)?.device.id).toBe('kept')
    expect(catalogue.keys.list()).toEqual([])
    catalogue.audit.record(act('next'))
    expect(await catalogue.audit.verify()).toMatchObject({ entries: 1, problem: null })
  })
})

describe('verification', () => {
  it.each([
    ['a changed entry', "UPDATE audit SET subject = 'innocent' WHERE seq = 4", 4, /entry 4 was changed/],
    ['a changed time', 'UPDATE audit SET time_ms = time_ms + 1 WHERE seq = 1', 1, /entry 1 was changed/],
    ['a removed entry', 'DELETE FROM audit WHERE seq = 4', 4, /entry 4 is missing/],
    ['a removed first entry', 'DELETE FROM audit WHERE seq = 1', 1, /entry 1 is missing/],
    [
      'a removed entry whose gap was closed',
      'DELETE FROM audit WHERE seq = 4; UPDATE audit SET seq = seq - 1 WHERE seq > 4',
      4,
      /entry 4 does not follow entry 3/,
    ],
    [
      'entries that changed places',
      'UPDATE audit SET seq = -1 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = -1',
      3,
      /entry 3 does not follow entry 2/,
    ],
    ['a tail that was cut off', 'DELETE FROM audit WHERE seq > 6', 7, /its end was cut off/],
    ['a log that was emptied', 'DELETE FROM audit', 1, /its end was cut off/],
  ])('finds %s', async (_, sql, seq, reason) => {
    await using at = await closedLog(9)
    expect((await at.verify()).problem).toBeNull()
    at.tamper(sql)
    expect((await at.verify()).problem).toEqual({ seq, reason: expect.stringMatching(reason) })
  })

  it('finds a log that was written anew from some entry on, by the head noted beside it', async () => {
    await using at = await closedLog(9)
    rehashFrom(at.file, 5, 'innocent')
    expect((await at.verify()).problem).toEqual({ seq: 9, reason: expect.stringMatching(/written anew/) })
  })

  it('finds a log that was cut off and has grown again since, though its head is noted anew', async () => {
    await using at = await closedLog(9)
    at.tamper('DELETE FROM audit WHERE seq > 6')
    const catalogue = at.reopen()
    for (let i = 1; i <= 3; i += 1) catalogue.audit.record(act(`other-${i}`))
    catalogue.close()
    expect((await at.verify()).problem).toEqual({ seq: 9, reason: expect.stringMatching(/written anew/) })
  })

  it('finds by a head that was noted elsewhere what was hidden beside the log, too', async () => {
    await using at = await closedLog(9)
    expect((await at.verify({ head: at.head.hash })).problem).toBeNull()
    at.tamper('DELETE FROM audit WHERE seq > 6')
    rmSync(at.anchors)
    expect((await at.verify()).problem).toBeNull()
    expect((await at.verify({ head: at.head.hash })).problem).toMatchObject({
      reason: expect.stringMatching(/no entry has the hash/),
    })
  })

  it('passes over an anchor that a power cut left half, and holds to the others', async () => {
    await using at = await closedLog(4)
    appendFileSync(at.anchors, '{"seq":99,"ha')
    expect((await at.verify()).problem).toBeNull()
    const catalogue = at.reopen()
    catalogue.audit.record(act('device-5'))
    catalogue.close()
    expect(readFileSync(at.anchors, 'utf8').split('\n').at(-2)).toMatch(/^{"seq":5,.*}$/)
    writeFileSync(at.anchors, readFileSync(at.anchors, 'utf8').replace('"seq":4', '"seq":6'))
    expect((await at.verify()).problem).toMatchObject({ seq: 6 })
  })

  it('finds any single changed field of any entry', async () => {
    await using at = await closedLog(20)
    const columns = [
      'time_ms',
      'actor_kind',
      'actor_id',
      'action',
      'subject',
      'detail',
      'previous_hash',
      'hash',
    ]
    const db = new DatabaseSync(at.file)
    db.exec('DROP TRIGGER audit_is_not_changed')
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.constantFrom(...columns), async (seq, column) => {
        db.exec('BEGIN')
        db.exec(
          column === 'time_ms'
            ? `UPDATE audit SET time_ms = time_ms - 1 WHERE seq = ${seq}`
            : `UPDATE audit SET ${column} = ${column} || 'x' WHERE seq = ${seq}`,
        )
        db.exec('COMMIT')
        expect((await at.verify()).problem?.seq).toBe(seq)
        db.exec(
          column === 'time_ms'
            ? `UPDATE audit SET time_ms = time_ms + 1 WHERE seq = ${seq}`
            : `UPDATE audit SET ${column} = substr(${column}, 1, length(${column}) - 1) WHERE seq = ${seq}`,
        )
      }),
      { numRuns: 40 },
    )
    db.close()
    expect((await at.verify()).problem).toBeNull()
  })
})

describe('accesses', () => {
  const openLog = async () => {
    const clock = { nowMs: 1_795_485_600_000 }
    const at = await temporaryCatalogue({ now: () => clock.nowMs, flushIntervalMs: 3_600_000 })
    return {
      at,
      clock,
      told: () =>
        at.catalogue.audit.list({ limit: 1000 }).map(({ subject, detail }) => [subject, detail.count]),
    }
  }

  it('are recorded before they are granted, the first of an hour at once and their number at its end', async () => {
    const { at, clock, told } = await openLog()
    await using _ = at
    for (let i = 0; i < 50; i += 1) await at.catalogue.audit.access(access('library/occupancy'))
    await at.catalogue.audit.access(access('museum/occupancy'))
    expect(told()).toEqual([
      ['library/occupancy', undefined],
      ['museum/occupancy', undefined],
    ])
    clock.nowMs += HOUR_MS
    await at.catalogue.audit.access(access('library/occupancy'))
    expect(told().slice(2)).toEqual([
      ['library/occupancy', 50],
      ['library/occupancy', undefined],
    ])
  })

  it('of one moment share a commit, and each waits for it', async () => {
    const { at, told } = await openLog()
    await using _ = at
    const subjects = Array.from({ length: 200 }, (_, i) => `b-${i}/occupancy`)
    const granted = Promise.all([...subjects, ...subjects].map((it) => at.catalogue.audit.access(access(it))))
    expect(told()).toEqual([])
    await granted
    expect(told().map(([subject]) => subject)).toEqual(subjects)
  })

  it('are told with their number at a clean stop', async () => {
    const { at, told } = await openLog()
    await using _ = at
    await at.catalogue.audit.access(access('library/occupancy'))
    await at.catalogue.audit.access(access('library/occupancy'))
    at.reopen()
    expect(told()).toEqual([
      ['library/occupancy', undefined],
      ['library/occupancy', 2],
    ])
    expect(await at.catalogue.audit.verify()).toMatchObject({ entries: 2, problem: null })
  })

  it('that cannot be recorded are refused, and recorded when that works again', async () => {
    const { at, told } = await openLog()
    await using _ = at
    const db = new DatabaseSync(at.file)
    db.exec("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT raise(ABORT, 'disk full'); END")
    await expect(at.catalogue.audit.access(access('library/occupancy'))).rejects.toMatchObject({
      code: 'store-unavailable',
    })
    db.exec('DROP TRIGGER full')
    db.close()
    await at.catalogue.audit.access(access('library/occupancy'))
    expect(told()).toEqual([['library/occupancy', undefined]])
  })

  it('that repeat without end leave a few entries an hour, and their whole number', async () => {
    const { at, clock, told } = await openLog()
    await using _ = at
    for (let i = 0; i < 1_000; i += 1) at.catalogue.audit.repeat(access('guess'))
    expect(told().map(([, count]) => count)).toEqual([undefined, 2, 4, 8, 16, 32, 64, 128, 256, 512])
    clock.nowMs += HOUR_MS
    at.catalogue.audit.repeat(access('guess'))
    expect(told().slice(10)).toEqual([
      ['guess', 1_000],
      ['guess', undefined],
    ])
  })
})
