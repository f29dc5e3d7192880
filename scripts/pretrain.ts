import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { readDataset } from '../analytics/dataset/readDataset.ts'
import { NADI, nadi } from '../analytics/models/nadi.ts'
import { withoutHeads } from '../analytics/models/network/network.ts'
import type { HourlySeries } from '../analytics/series.ts'
import type { ForecastProperty } from '../store/forecasts.ts'
import { commandLine } from '../test/support/commandLine.ts'

/**
 * Makes the models that ship with Nadi, `analytics/pretrained/*.nadi`, from a folder with the data that the model card
 * names. The same data give the same files.
 */
const USAGE = `npm run pretrain -- --data FOLDER [--output FOLDER] [--property energy|occupancy]

FOLDER holds bdg2/, cambridge/ and fitnesspark/ as the model card describes them.
`

interface Source {
  property: ForecastProperty
  file: string
  timeZone: string
  weather?: string
}

const SOURCES: readonly Source[] = [
  // The times of bdg2 are the wall clock of each site: read as they are written.
  { property: 'energy', file: 'bdg2/electricity-2016-2017.csv.gz', timeZone: 'UTC' },
  {
    property: 'energy',
    file: 'cambridge/electricity-2017-2019.csv.gz',
    timeZone: 'Europe/London',
    weather: 'cambridge/weather-*.csv.gz',
  },
  { property: 'occupancy', file: 'fitnesspark/occupancy-2025.csv.gz', timeZone: 'Europe/Zurich' },
]

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const read = async (
  folder: string,
  { property, file, timeZone, weather }: Source,
): Promise<HourlySeries[]> => {
  const { series } = await readDataset(path.join(folder, file), {
    property,
    timeZone,
    nowMs: Date.now(),
    ...(weather !== undefined && { weather: [path.join(folder, weather)] }),
    onProgress: say,
  })
  return series.map((each) => each.series)
}

const main = async (): Promise<void> => {
  const { read: readOptions, wrongUse } = commandLine(USAGE)
  const text = { type: 'string' } as const
  const { values } = readOptions({ data: text, output: text, property: text })
  const data = values.data ?? wrongUse('Name the folder with the data: --data FOLDER.')
  const output = values.output ?? path.resolve(import.meta.dirname, '../analytics/pretrained')
  const properties = (['energy', 'occupancy'] as const).filter(
    (property) => values.property === undefined || values.property === property,
  )
  if (properties.length === 0) wrongUse('--property is energy or occupancy.')
  for (const property of properties) {
    const training: HourlySeries[] = []
    for (const source of SOURCES)
      if (source.property === property) training.push(...(await read(data, source)))
    const fitted = await nadi.fit(training, {
      onProgress: (done, total, what) => done % 40 === 0 && say(`${property}: ${what} ${done} of ${total}`),
    })
    // The buildings themselves do not ship, only what holds of all.
    const file = path.join(output, `${property}.nadi`)
    await writeFile(file, withoutHeads(NADI, fitted.save()))
    say(`wrote ${file}, from ${training.length} buildings`)
  }
}

await main()
