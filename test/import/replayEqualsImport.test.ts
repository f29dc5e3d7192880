import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { Reading } from '../../city/observation.ts'
import { createReplayDriver } from '../../edge/drivers/replay.ts'
import { importFixture, NOW_MS, root, sharedDataMissing, sharedFile } from './fixture.ts'

const mappingFile = (name: string): string => path.join(root, 'examples/import', `${name}.yaml`)

/** Everything that a replay publishes, as fast as it can. */
const replayed = async (settings: Record<string, unknown>, nowMs = NOW_MS) => {
  await using driver = await createReplayDriver(
    { kind: 'replay', speed: 0, ...settings },
    {
      log: pino({ level: 'silent' }),
      now: () => nowMs,
      random: () => 0,
      building: 'x',
      resolvePath: (file) => file,
    },
  )
  const readings: Reading[] = []
  for await (const batch of driver.read(new AbortController().signal)) readings.push(...batch)
  return { readings, birth: driver.describe() }
}

/** What a store would hold of the readings: by Datastream, ascending, the last value of a time. */
const asStored = (readings: readonly Reading[]): Map<string, [string, number][]> => {
  const bySeries = Map.groupBy(readings, ({ datastream }) => datastream)
  return new Map(
    [...bySeries].map(([datastream, all]) => {
      const last = new Map(all.map(({ timeMs, value }) => [timeMs, value]))
      const sorted = [...last].sort(([a], [b]) => a - b)
      return [datastream, sorted.map(([timeMs, value]) => [new Date(timeMs).toISOString(), value])]
    }),
  )
}

/** Lines of a file whose text begins with one of the given, and its header. */
const cut = (file: string, ...starts: string[]): string => {
  const [header, ...lines] = gunzipSync(readFileSync(sharedFile(file)))
    .toString()
    .split('\n')
  return [header, ...lines.filter((line) => starts.some((start) => line.startsWith(start)))].join('\n')
}

const MESSY = `time,a,b
2019-10-27 01:00,1,
2019-10-27 01:00,2,x
"
bad line
2019-10-27 02:00,3,4
2019-10-27 02:00,5,4,6
2019-10-26 02:00,"7",8
`

describe('a replay and an import of the same file', () => {
  const equal = async (text: string, mapping: string, name: string): Promise<number> => {
    await using city = await importFixture()
    const file = path.join(city.folder, 'day.csv')
    const mappingPath = path.join(city.folder, `${name}.yaml`)
    await writeFile(file, text)
    await writeFile(mappingPath, mapping)
    const result = await city.loadFile(file, mapping)
    const { readings, birth } = await replayed({ file, mapping: mappingPath })
    const expected = asStored(readings)
    expect(readings.length).toBe(result.stored + result.repeated)
    expect(new Set(birth.datastreams.map(({ name }) => name))).toEqual(new Set(expected.keys()))
    for (const [datastream, samples] of expected) expect(await city.stored(datastream)).toEqual(samples)
    return readings.length
  }

  it('bring the same readings, faults and repeated hours included', async () => {
    const mapping =
      "building: messy\ntimeZone: Europe/London\ntime: {columns: [time]}\nvalues: [{datastream: '{column}/energy'}]\n"
    expect(await equal(MESSY, mapping, 'messy')).toBe(6)
  })

  it.skipIf(sharedDataMissing()).each([
    ['cambridge/electricity-2017-2019.csv.gz', 'cambridge-electricity', '2018-06-01'],
    ['warsaw-offices/queues.csv.gz', 'warsaw-queues', '2020-01-08'],
  ])(
    'bring the same readings of a day of %s',
    async (file, name, day) => {
      const mapping = readFileSync(mappingFile(name), 'utf8')
      expect(await equal(cut(file, day), mapping, name)).toBeGreaterThan(1_000)
    },
    120_000,
  )

  it('differ by nothing but a shift when the first time is moved to the present', async () => {
    await using city = await importFixture()
    const file = path.join(city.folder, 'shift.csv')
    await writeFile(file, 'time,a\n2020-01-01 00:00,1\n2020-01-01 01:00,2\n')
    const mapping = path.join(city.folder, 'm.yaml')
    await writeFile(mapping, "time: {columns: [time]}\nvalues: [{datastream: 's/{column}/power'}]\n")
    const { readings, birth } = await replayed({ file, mapping, now: true })
    expect(readings.map(({ timeMs, value }) => [timeMs - NOW_MS, value])).toEqual([
      [0, 1],
      [3_600_000, 2],
    ])
    expect(birth).toEqual({
      things: [{ name: 's/a' }],
      datastreams: [{ name: 's/a/power', unit: 'W', kind: 'instant', intervalSeconds: 3600 }],
    })
    const ranged = await replayed({ file, mapping, from: '2020-01-01T00:30:00Z', to: '2020-01-01T02:00:00Z' })
    expect(ranged.readings.map(({ value }) => value)).toEqual([2])
  })
})
