import { statSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { Reading } from '../../city/observation.ts'
import { createSpool, type Spool } from '../../edge/spool.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const quiet = pino({ level: 'silent' })
const open = (file: string, maxBytes = 1e9, log = quiet): Spool =>
  createSpool({ file, maxBytes, log, now: () => 1_764_000_000_000 })

let sequence = 0
const readings = (count: number): Reading[] =>
  Array.from({ length: count }, () => {
    sequence += 1
    return { datastream: 'office/co2', timeMs: 1_764_000_000_000 + sequence, value: sequence, unit: 'ppm' }
  })
const values = (spool: Spool): number[] => spool.oldest(1_000_000).map(({ value }) => value)

describe('the spool', () => {
  it('behaves as a list in memory would, whatever is appended, released and reopened', async () => {
    await using folder = await temporaryFolder()
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 0, max: 30 }) }),
      fc.record({ do: fc.constant('release' as const), from: fc.nat(40), count: fc.nat(20) }),
      fc.record({ do: fc.constant('reopen' as const) }),
    )
    let run = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        run += 1
        const file = path.join(folder.path, `${run}.sqlite`)
        let spool = open(file)
        let model: number[] = []
        for (const step of steps) {
          if (step.do === 'append') {
            const batch = readings(step.count)
            spool.append(batch)
            model.push(...batch.map(({ value }) => value))
          } else if (step.do === 'release') {
            const rows = spool.oldest(1_000).slice(step.from, step.from + step.count)
            const [first, last] = [rows[0], rows.at(-1)]
            if (first && last) spool.release([{ fromId: first.id, toId: last.id }])
            model = model.filter((_value, index) => index < step.from || index >= step.from + step.count)
          } else {
            spool.close()
            spool = open(file)
          }
          expect(values(spool)).toEqual(model)
          expect(spool.stats()).toMatchObject({ count: model.length, bytes: model.length * (40 + 10 + 3) })
        }
        spool.close()
      }),
      { numRuns: 40 },
    )
  })

  it('gives rows back exactly as they were appended, oldest first, page by page', async () => {
    await using folder = await temporaryFolder()
    using spool = open(path.join(folder.path, 'spool.sqlite'))
    const given: Reading[] = [
      { datastream: 'kantor/ruang/suhu', timeMs: 1_764_000_000_001, value: 1e-300, unit: 'Cel' },
      { datastream: 'office/co2', timeMs: 1_763_000_000_000, value: -0.1 },
      { datastream: 'office/energy', timeMs: 4_000_000_000_000, value: 2 ** 53 },
    ]
    spool.append(given)
    const first = spool.oldest(2)
    const rest = spool.oldest(2, first.at(-1)?.id)
    expect([...first, ...rest].map(({ id: _id, ...reading }) => reading)).toEqual(given)
  })

  it('drops the oldest when it is full, counts them for good, and keeps the file within its bound', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'spool.sqlite')
    const maxBytes = 100_000
    const all = readings(20_000)
    {
      using spool = open(file, maxBytes)
      for (let index = 0; index < all.length; index += 500) spool.append(all.slice(index, index + 500))
      const kept = Math.floor(maxBytes / 53)
      expect(spool.stats()).toMatchObject({ count: kept, dropped: all.length - kept })
      expect(values(spool)).toEqual(all.slice(-kept).map(({ value }) => value))
    }
    expect(statSync(file).size).toBeLessThan(maxBytes + 64 * 1024)
    using again = open(file, maxBytes)
    expect(again.stats().dropped).toBe(all.length - Math.floor(maxBytes / 53))
  })

  it('says in the log that it drops, once and not with each batch', async () => {
    await using folder = await temporaryFolder()
    const lines: string[] = []
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
    using spool = open(path.join(folder.path, 'spool.sqlite'), 53 * 10, log)
    for (let round = 0; round < 5; round++) spool.append(readings(10))
    expect(lines).toHaveLength(1)
    expect(spool.stats().dropped).toBe(40)
  })

  it('keeps the newest of a batch that is larger than the whole spool', async () => {
    await using folder = await temporaryFolder()
    using spool = open(path.join(folder.path, 'spool.sqlite'), 53 * 10)
    const batch = readings(25)
    spool.append(batch)
    expect(values(spool)).toEqual(batch.slice(-10).map(({ value }) => value))
    expect(spool.stats().dropped).toBe(15)
  })

  it('keeps none of a batch that cannot be stored whole, and counts it', async () => {
    await using folder = await temporaryFolder()
    using spool = open(path.join(folder.path, 'spool.sqlite'))
    const [good] = readings(1)
    const bad = { datastream: 'office/co2', timeMs: 0.5, value: 1 }
    const batch = good ? [good, bad] : [bad]
    expect(() => spool.append(batch, { canWait: true })).toThrow(/spool/)
    expect(spool.stats()).toMatchObject({ count: 0, bytes: 0, dropped: 0 })
    spool.append(batch)
    expect(spool.stats()).toMatchObject({ count: 0, bytes: 0, dropped: 2 })
    expect(values(spool)).toEqual([])
  })

  it('never gives an id twice, so a late release cannot touch newer rows', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'spool.sqlite')
    let lastId = 0
    for (let round = 0; round < 3; round++) {
      using spool = open(file)
      spool.append(readings(5))
      const rows = spool.oldest(10)
      expect(rows[0]?.id).toBeGreaterThan(lastId)
      lastId = rows.at(-1)?.id ?? 0
      spool.release([{ fromId: 1, toId: lastId }])
    }
  })

  it('is opened by one agent at a time', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'spool.sqlite')
    using spool = open(file)
    spool.append(readings(1))
    expect(() => open(file)).toThrow(/in use by another agent/)
    expect(spool.stats().count).toBe(1)
  })
})
