import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')

/** Files that read what is kept and let none of it out: each with what it does instead. */
const LET_NOTHING_OUT: Readonly<Record<string, string>> = {
  'api/forecasts.ts': 'scores forecasts by hours as everybody is told them; shares and errors leave',
  'api/routes/erasures.ts': 'looks for findings to drop them; numbers of what is gone leave',
  'api/routes/health.ts': 'asks whether the store answers, and drops the answer',
  'api/staff/findings.ts': 'tells operators, through discloseFinding of api/quality.ts',
  'api/web/model.ts': 'hands hours of people to summary.ts',
  'api/web/model/buildingView.ts': 'hands hours of people to summary.ts and peopleHours.ts',
  'api/web/model/store.ts': 'hands buckets to its neighbours, of which those for people disclose them',
  'api/web/model/summary.ts': 'hands hours and forecasts of people to peopleHours.ts, which discloses them',
  'api/web/model/todaysEnergy.ts':
    'asks how old readings are; meters.ts discloses which meters may be summed; forecasts of energy alone',
  'broker/liveUpdates.ts': 'sends what accessRules.ts, which asks disclosure.ts, lets a client hear',
  'analytics/citySeries.ts': 'asks how new readings are; their values come from hourlyHistory.ts',
  'analytics/quality/job.ts': 'keeps findings; people are compared as told (city/quality/impossibleJump.ts)',
  'analytics/quality/nearestBefore.ts': 'keeps findings, as the job does',
  'analytics/quality/reexamine.ts': 'keeps findings, as the job does',
}

const READS =
  /\bobservations\s*\.\s*(?:latest|raw|buckets)\b|\bforecasts\s*\.\s*(?:newest|newestUntil|range)\b|\bquality\s*\.\s*find\b/

const readersOf = (rooms: string): string[] =>
  globSync(`${rooms}/**/*.ts`, { cwd: root }).filter(
    (file) => !file.startsWith('api/import/') && READS.test(readFileSync(path.join(root, file), 'utf8')),
  )

const asksDisclosure = (file: string): boolean =>
  /from '(?:\.\.\/)+city\/disclosure\.ts'/.test(readFileSync(path.join(root, file), 'utf8'))

describe('city/disclosure.ts', () => {
  it('is passed by every reading, forecast and finding that leaves', () => {
    const readers = readersOf('{api,broker,analytics,launch}')
    expect(readers.length).toBeGreaterThan(10)
    expect(readers.filter((file) => !(file in LET_NOTHING_OUT) && !asksDisclosure(file))).toEqual([])
  })

  it('is passed by, or needed of, no file that is named here for nothing', () => {
    const readers = new Set(readersOf('{api,broker,analytics,launch}'))
    expect(Object.keys(LET_NOTHING_OUT).filter((file) => !readers.has(file) || asksDisclosure(file))).toEqual(
      [],
    )
  })

  it('is asked by the rules of MQTT and by what models learn from', () => {
    for (const file of ['broker/accessRules.ts', 'analytics/hourlyHistory.ts']) {
      expect(asksDisclosure(file), file).toBe(true)
    }
  })
})
