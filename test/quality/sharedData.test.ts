import { createReadStream, existsSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { expect, it } from 'vitest'
import { addTime, apartBlocks, type Block } from '../../city/quality/apart.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const FILE = path.resolve(import.meta.dirname, '../../../shared/data/warsaw-offices/queues.csv.gz')

// Absent on a user's machine it is skipped; in CI it must be there.
it.skipIf(!existsSync(FILE) && process.env['CI'] !== 'true')(
  'a day that real city offices wrote with the year after is found in each queue, and nothing else',
  async () => {
    const queues = new Map<string, { blocks: Block[]; timesMs: number[] }>()
    const lines = createInterface({
      input: createReadStream(FILE).pipe(createGunzip()),
    })
    for await (const line of lines) {
      const [date = '', clock = '', office = '', queue = ''] = line.split(',')
      if (date === 'date') continue
      const timeMs = Date.parse(`${date}T${clock}:00Z`)
      const key = `${office}/${queue}`
      const known = queues.get(key) ?? { blocks: [], timesMs: [] }
      queues.set(key, known)
      addTime(known.blocks, timeMs)
      known.timesMs.push(timeMs)
    }
    const found = { 2012: 0, 2020: 0, other: 0 }
    const wrong = { 2012: 0, 2020: 0 }
    for (const { blocks, timesMs } of queues.values()) {
      const flags = apartBlocks(blocks, NOW_MS)
      for (const timeMs of timesMs) {
        const era = timeMs < Date.UTC(2013, 0) ? 2012 : timeMs > Date.UTC(2020, 11) ? 2020 : undefined
        if (era !== undefined) wrong[era] += 1
        if (flags.some(({ fromMs, toMs }) => fromMs <= timeMs && timeMs <= (toMs ?? 0)))
          found[era ?? 'other'] += 1
      }
    }
    expect(wrong).toEqual({ 2012: 11_260, 2020: 50_115 })
    // The five queues of one office hold no other year but 2012: nothing in them tells that it is wrong.
    expect(found).toEqual({ 2012: 0, 2020: 50_115, other: 0 })
  },
  60_000,
)
