import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { readDataset } from '../analytics/dataset/readDataset.ts'
import { FORECAST_MODELS, SERVED_MODEL } from '../analytics/models/index.ts'
import { NadiError } from '../city/errors.ts'
import { readMapping } from '../city/mapping/readMapping.ts'
import { requireWritable } from './outputFile.ts'
import { printable, printJson, say } from './output.ts'
import { createProgress } from './progress.ts'

export interface TrainFileOptions {
  property: 'energy' | 'occupancy'
  data: string
  mapping: string | undefined
  timezone: string
  weather?: readonly string[] | undefined
  /** Patterns, separated by commas. */
  buildings: string | undefined
  seed: string
  from?: string | undefined
  out?: string | undefined
  json: boolean
}

/** Trains the model that a city serves from a file of many buildings, without a city, and writes it to a file. */
export const trainFromFile = async (options: TrainFileOptions): Promise<void> => {
  const { property, data, seed, out = `${property}.nadi`, json } = options
  const kind = FORECAST_MODELS[SERVED_MODEL]
  if (!kind) throw new Error(`no model is named ${SERVED_MODEL}`)
  requireWritable(out)
  if (!/^\d{1,9}$/.test(seed)) throw new NadiError('invalid-input', '--seed is a whole number like 1.')
  const from = options.from === undefined ? undefined : await kind.load(contentOf(options.from))
  const progress = await createProgress()
  const { series, findings, fingerprint } = await readDataset(data, {
    property,
    mapping:
      options.mapping === undefined ? undefined : readMapping(textOf(options.mapping), options.mapping),
    timeZone: options.timezone,
    weather: options.weather,
    buildings: options.buildings?.split(',').map((pattern) => pattern.trim()),
    nowMs: Date.now(),
    onProgress: (text) => progress.update(printable(text)),
  })
  const startedMs = performance.now()
  const fitted = await kind.fit(
    series.map((it) => it.series),
    {
      seed: Number(seed),
      ...(from && { from }),
      onProgress: (done, total, what) =>
        progress.update(`${what}: ${Math.round((100 * done) / Math.max(1, total))} %`),
    },
  )
  const content = fitted.save()
  await writeFile(out, content)
  const seconds = (performance.now() - startedMs) / 1000
  progress.done(
    `Learned from ${series.length} buildings in ${seconds.toFixed(1)} s; the model is in ${out} (${content.length} bytes).`,
  )
  if (json) {
    const { name, version } = fitted
    return printJson({
      model: out,
      name,
      version,
      bytes: content.length,
      buildings: series.length,
      seconds,
      data: fingerprint,
      findings,
    })
  }
  if (findings.length > 0) say(`${findings.length} findings about the data; --json lists them.`)
}

const contentOf = (file: string): Uint8Array => new Uint8Array(read(file))
const textOf = (file: string): string => read(file).toString('utf8')

const read = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new NadiError('invalid-input', `${file} cannot be read. Name a file that is there.`, { cause })
  }
}
