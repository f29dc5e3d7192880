import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')

/** Files that read readings and let none of them out: each with what it does instead. */
const LET_NOTHING_OUT: Readonly<Record<string, string>> = {
  'api/forecasts.ts': 'scores forecasts; shares and errors leave, no reading',
  'api/deviceCheck/check.ts': 'tells operators when a device was heard last, no value',
  'api/routes/health.ts': 'asks whether the store answers, and drops the answer',
  'api/web/model/todaysEnergy.ts':
    'asks how old readings are; meters.ts discloses which meters may be summed',
  'api/web/model/store.ts': 'hands buckets to its neighbours, of which those for people disclose them',
}

const READS = /\bobservations\s*\.\s*(?:latest|raw|buckets)\b|\bobservations\.(?:latest|raw|buckets)\(/

it('lets no reading leave the API but through city/disclosure.ts', () => {
  const readers = globSync('api/**/*.ts', { cwd: root }).filter(
    (file) => !file.startsWith('api/import/') && READS.test(readFileSync(path.join(root, file), 'utf8')),
  )
  expect(readers.length).toBeGreaterThan(3)
  const around = readers.filter(
    (file) =>
      !(file in LET_NOTHING_OUT) &&
      !/from '(?:\.\.\/)+city\/disclosure\.ts'/.test(readFileSync(path.join(root, file), 'utf8')),
  )
  expect(around).toEqual([])
})
