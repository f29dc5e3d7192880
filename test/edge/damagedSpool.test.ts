import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { Reading } from '../../city/observation.ts'
import { createSpool, type Spool } from '../../edge/spool.ts'
import { replaceDamaged } from '../../edge/spoolFile.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { TEST_SCALE } from '../support/testScale.ts'

const quiet = pino({ level: 'silent' })
const open = (file: string, log = quiet): Spool =>
  createSpool({ file, maxBytes: 1e9, reserveBytes: 64 * 1024, log, now: () => 1_764_000_000_000 })

const readings = (count: number, from = 0): Reading[] =>
  Array.from({ length: count }, (_, index) => ({
    datastream: `office/floor-${index % 7}/co2`,
    timeMs: 1_764_000_000_000 + from + index,
    value: from + index + (index % 2) / 2,
    ...(index % 3 > 0 && { unit: 'ppm' }),
  }))
const rowsOf = (spool: Spool): Reading[] => spool.oldest(1_000_000).map(({ id: _id, ...reading }) => reading)
const PAGE = 4096
const asideIn = (folder: string): string | undefined =>
  readdirSync(folder).find((name) => name.includes('.damaged-') && !name.endsWith('-wal'))

describe('a damaged spool', () => {
  it.each([
    [
      'that is no database',
      () => Buffer.from('this is not a database, but it is long enough to be one'.repeat(99)),
      0,
    ],
    [
      'with three pages overwritten',
      (file: Buffer) => {
        const damaged = Buffer.from(file)
        damaged.fill(0xa5, PAGE * 10, PAGE * 13)
        return damaged
      },
      1_500,
    ],
    [
      'whose header and schema are gone',
      (file: Buffer) => {
        const damaged = Buffer.from(file)
        damaged.fill(0, 0, PAGE)
        return damaged
      },
      2_000,
    ],
    [
      'whose root page is gone',
      (file: Buffer) => {
        const damaged = Buffer.from(file)
        damaged.fill(0xff, PAGE, PAGE * 2)
        return damaged
      },
      2_000,
    ],
    ['that was cut off', (file: Buffer) => file.subarray(0, PAGE * 12 + 100), 100],
    [
      'with a value changed',
      (file: Buffer) => {
        const damaged = Buffer.from(file)
        // The 8 bytes of a double that stands once in the file.
        const value = Buffer.alloc(8)
        value.writeDoubleBE(777.5)
        const at = damaged.indexOf(value) + 6
        damaged[at] = (damaged[at] ?? 0) ^ 0x10
        return damaged
      },
      1_999,
    ],
  ])('%s is set aside, and every row that can be read is taken over', async (_what, damage, atLeast) => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'spool.sqlite')
    const given = readings(2_000)
    {
      using spool = open(file)
      spool.append(given)
    }
    const damaged = damage(readFileSync(file))
    writeFileSync(file, damaged)

    const lines: string[] = []
    const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) })
    using spool = open(file, log)
    const survivors = rowsOf(spool)
    const aside = asideIn(folder.path) ?? ''
    expect(readFileSync(path.join(folder.path, aside))).toEqual(damaged)
    expect(lines.join()).toContain(aside)
    expect(spool.stats()).toMatchObject({
      count: survivors.length,
      salvaged: survivors.length,
      damagedFiles: 1,
    })
    expect(survivors.length).toBeGreaterThanOrEqual(atLeast)
    const known = new Set(given.map((reading) => JSON.stringify(reading)))
    expect(survivors.filter((reading) => !known.has(JSON.stringify(reading)))).toEqual([])
    expect(survivors).toEqual(survivors.toSorted((a, b) => a.timeMs - b.timeMs))

    const lastId = spool.oldest(1_000_000).at(-1)?.id ?? 0
    spool.append(readings(3, 5_000))
    expect(spool.oldest(1_000_000).at(-1)?.id).toBeGreaterThan(lastId)
    expect(spool.stats().count).toBe(survivors.length + 3)
  })

  it('gives back what stood in the log only, and nothing that was released long ago', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'spool.sqlite')
    const copy = path.join(folder.path, 'copy.sqlite')
    {
      using spool = open(file)
      spool.append(readings(4_000))
      spool.release([{ fromId: 1, toId: 3_000 }])
      spool.append(readings(20, 10_000))
      // As `kill -9` would leave them.
      writeFileSync(copy, readFileSync(file))
      writeFileSync(`${copy}-wal`, readFileSync(`${file}-wal`))
    }
    const bytes = readFileSync(copy)
    bytes.fill(0, 0, 16)
    writeFileSync(copy, bytes)
    using spool = open(copy)
    const values = new Set(rowsOf(spool).map(({ timeMs }) => timeMs))
    for (const { timeMs } of [...readings(4_000).slice(3_000), ...readings(20, 10_000)]) {
      expect(values.has(timeMs)).toBe(true)
    }
    expect(values.size).toBeLessThan(1_020 + 200)
  })

  /** A spool as `kill -9` leaves it, two pages overwritten, the last twenty readings in its log alone. */
  const killed = (folder: string): string => {
    const file = path.join(folder, 'spool.sqlite')
    const copy = path.join(folder, 'copy.sqlite')
    {
      using first = open(file)
      first.append(readings(500))
    }
    using spool = open(file)
    spool.append(readings(20, 10_000))
    const bytes = readFileSync(file)
    bytes.fill(0xa5, PAGE * 5, PAGE * 7)
    writeFileSync(copy, bytes)
    writeFileSync(`${copy}-wal`, readFileSync(`${file}-wal`))
    return copy
  }

  it('whose log cannot be moved with it stays where it is', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'spool.sqlite')
    writeFileSync(file, 'damaged')
    writeFileSync(`${file}-wal`, 'what was written last')
    mkdirSync(`${file}.damaged-5-wal`)
    const move = () => replaceDamaged({ file, log: quiet, now: () => 5 }, new Error('damaged'))
    for (let again = 0; again < 2; again += 1) {
      expect(move).toThrow()
      expect(readFileSync(file, 'utf8')).toBe('damaged')
      expect(readFileSync(`${file}-wal`, 'utf8')).toBe('what was written last')
      expect(asideIn(folder.path)).toBeUndefined()
    }
    rmdirSync(`${file}.damaged-5-wal`)
    move().close()
    expect(readFileSync(`${file}.damaged-5`, 'utf8')).toBe('damaged')
    expect(readFileSync(`${file}.damaged-5-wal`, 'utf8')).toBe('what was written last')
  })

  it('whose log was left behind by a crash while they were moved is put together again', async () => {
    await using folder = await temporaryFolder()
    const file = killed(folder.path)
    writeFileSync(`${file}.damaged-9964000000000`, 'one from before, by a clock that was ahead')
    renameSync(file, `${file}.damaged-1763000000000`)
    using spool = open(file)
    expect(rowsOf(spool)).toEqual(expect.arrayContaining(readings(20, 10_000)))
    expect(spool.stats()).toMatchObject({ damagedFiles: 2 })
  })

  it('is mended while it is in use', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'spool.sqlite')
    {
      using spool = open(file)
      spool.append(readings(500))
    }
    {
      // What SQLite takes for a whole row, but nobody wrote.
      using database = new DatabaseSync(file)
      database.exec('UPDATE rows SET value = value + 1 WHERE id = 100')
    }
    using spool = open(file)
    expect(rowsOf(spool)).toHaveLength(499)
    expect(spool.stats()).toMatchObject({ count: 499, salvaged: 499, damagedFiles: 1 })
    const lastId = spool.lastId()
    spool.append(readings(1, 9_000))
    expect(spool.lastId()).toBeGreaterThan(lastId)
    spool.release([{ fromId: 0, toId: lastId }])
    expect(rowsOf(spool)).toEqual(readings(1, 9_000))
  })

  it('for which no new file can be made stays where it is, and is mended when one can', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'spool.sqlite')
    {
      using spool = open(file)
      spool.append(readings(500))
    }
    {
      using database = new DatabaseSync(file)
      database.exec('UPDATE rows SET value = value + 1 WHERE id = 100')
    }
    using spool = open(file)
    // SQLite makes no database where its journal cannot be.
    mkdirSync(`${file}-journal`)
    for (let again = 0; again < 2; again += 1) {
      expect(() => rowsOf(spool)).toThrow(expect.objectContaining({ code: 'store-unavailable' }))
    }
    spool.append(readings(1, 9_000))
    expect(spool.stats().dropped).toBe(1)
    expect(asideIn(folder.path)).toBeUndefined()
    rmdirSync(`${file}-journal`)
    expect(rowsOf(spool)).toHaveLength(499)
    spool.append(readings(1, 9_500))
    expect(spool.stats()).toMatchObject({ count: 500, salvaged: 499, damagedFiles: 1, dropped: 1 })
  })

  it('of the layout before rows had a checksum is read on', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'spool.sqlite')
    {
      using database = new DatabaseSync(file)
      database.exec(`CREATE TABLE rows (id INTEGER PRIMARY KEY AUTOINCREMENT, datastream TEXT NOT NULL,
          timeMs INTEGER NOT NULL, value REAL NOT NULL, unit TEXT) STRICT;
        CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
        INSERT INTO counters VALUES ('dropped', 3);
        INSERT INTO rows (datastream, timeMs, value, unit) VALUES ('office/co2', 1764000000000, 412.5, 'ppm')`)
    }
    using spool = open(file)
    spool.append(readings(1))
    expect(spool.stats()).toMatchObject({ count: 2, dropped: 3, damagedFiles: 0 })
    expect(rowsOf(spool)[0]).toEqual({
      datastream: 'office/co2',
      timeMs: 1764000000000,
      value: 412.5,
      unit: 'ppm',
    })
  })

  it('opens whatever bytes were changed in it, and gives back only what was put in', async () => {
    await using folder = await temporaryFolder()
    const pristine = path.join(folder.path, 'pristine.sqlite')
    const given = readings(300)
    {
      using spool = open(pristine)
      spool.append(given)
    }
    const known = new Set(given.map((reading) => JSON.stringify(reading)))
    const bytes = readFileSync(pristine)
    let run = 0
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.uint8Array({ minLength: 1, maxLength: 64 }), (at, patch) => {
        run += 1
        const file = path.join(folder.path, `${run}.sqlite`)
        const damaged = Buffer.from(bytes)
        damaged.set(patch.subarray(0, damaged.length - at), at)
        writeFileSync(file, damaged)
        {
          using spool = open(file)
          const strange = rowsOf(spool).filter((reading) => !known.has(JSON.stringify(reading)))
          expect(strange).toEqual([])
          spool.append(readings(1))
          expect(spool.stats().count).toBeGreaterThan(0)
        }
        for (const name of readdirSync(folder.path)) {
          if (!name.startsWith('pristine')) rmSync(path.join(folder.path, name))
        }
      }),
      { numRuns: Math.ceil(60 * TEST_SCALE) },
    )
  })

  it('is set aside under a name of its own, however often in one millisecond', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'spool.sqlite')
    for (let round = 1; round <= 3; round++) {
      writeFileSync(file, 'no database at all, but a file of some length'.repeat(round * 50))
      using spool = open(file)
      expect(spool.stats().damagedFiles).toBe(round)
      spool.close()
      if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${file}-gone`)
    }
  })
})
