import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Command, Option } from '@commander-js/extra-typings'
import { z } from 'zod'
import { runBacktest } from '../analytics/backtest/backtest.ts'
import { type Peers, readPeers } from '../analytics/backtest/peers.ts'
import { createPredictionsFile } from '../analytics/backtest/predictionsFile.ts'
import { type BacktestSummary, toSummary } from '../analytics/backtest/summary.ts'
import { PROTOCOLS, type Split } from '../analytics/backtest/windows.ts'
import {
  type Dataset,
  type DatasetOptions,
  readDataset,
  requireReadable,
} from '../analytics/dataset/readDataset.ts'
import type { ForecastModel } from '../analytics/forecastModel.ts'
import { createReportCollector } from '../analytics/report/collect.ts'
import type { ReportFacts } from '../analytics/report/page.ts'
import { DEFAULT_MODELS, FORECAST_MODELS } from '../analytics/models/index.ts'
import { NadiError } from '../city/errors.ts'
import { readMapping } from '../city/mapping/readMapping.ts'
import type { Mapping } from '../city/mapping.ts'
import { example } from './options.ts'
import { requireWritable } from './outputFile.ts'
import { print, printable, printTable, say } from './output.ts'
import { createProgress } from './progress.ts'

/** `nadi backtest`: forecasts a file's past as it was lived and says how wrong that was. Needs no city. */
export const register = (program: Command): void => {
  program
    .command('backtest')
    .description("Forecasts a file's past, day after day, and says how good that was; needs no city")
    .requiredOption('--data <file>', 'CSV of hourly or finer readings, wide or long, plain or gzip')
    .option('--mapping <file>', 'a YAML file that says which columns mean what')
    .option('--timezone <zone>', 'IANA zone of the buildings, and of times without an offset', 'UTC')
    .option('--weather <file...>', 'CSV with time and outdoor temperature; several files or patterns')
    .addOption(
      new Option('--weather-mode <mode>', 'what models know of the weather of the hours ahead')
        .choices(['past', 'perfect'] as const)
        .default('past' as const),
    )
    .addOption(
      new Option('--property <name>', 'what is forecast')
        .choices(['energy', 'occupancy'] as const)
        .default('energy' as const),
    )
    .addOption(
      new Option('--protocol <name>', 'how forecasts are rolled over the past')
        .choices(Object.keys(PROTOCOLS))
        .default('buildingsbench'),
    )
    .option('--models <names>', `which, with commas between: ${Object.keys(FORECAST_MODELS).join(', ')}`)
    .addOption(
      new Option(
        '--train-fraction <share>',
        'learn from this first share of each building (default: 0.5)',
      ).conflicts('trainUntil'),
    )
    .option('--train-until <date>', 'learn from what lies before this local day, like 2017-01-01')
    .option('--pretrain <file>', 'learn from the buildings of this file instead (zero shot)')
    .option('--pretrain-mapping <file>', 'the mapping of that file (default: as for --data)')
    .option('--buildings <pattern>', 'only these, * is any text, with commas between: "Fox_*,Rat_*"')
    .option('--input-size <hours>', 'show models only so many hours of history (default: all)')
    .option('--peers <file...>', 'predictions files of other programs on the same days, scored beside ours')
    .option('--json <file>', 'write all figures there')
    .option('--predictions <file>', 'write every forecast there as CSV (packed when it ends in .gz)')
    .option('--report <file>', 'write a page with pictures there (HTML)')
    .addHelpText(
      'after',
      example(
        'npx nadi backtest --data meters.csv.gz --train-fraction 0.5 --json figures.json --report report.html',
        "npx nadi backtest --data meters.csv.gz --mapping examples/import/cambridge-electricity.yaml --weather 'weather-*.csv.gz' --models seasonal-week,four-weeks",
      ),
    )
    .action(async (given) => {
      const options = parseOptions(given)
      const models = modelsOf(given.models)
      const protocol = protocolOf(given.protocol)
      if (given.pretrainMapping !== undefined && given.pretrain === undefined)
        throw new NadiError('invalid-input', '--pretrain-mapping: only with --pretrain FILE.')
      if (given.weatherMode === 'perfect' && given.weather === undefined)
        throw new NadiError('invalid-input', '--weather-mode perfect: only with --weather FILE.')
      for (const file of [given.json, given.predictions, given.report])
        if (file !== undefined) requireWritable(file)
      for (const file of given.peers ?? []) requireReadable(file)
      const progress = await createProgress()
      const onProgress = (text: string): void => progress.update(printable(text))
      const reading: DatasetOptions = {
        property: given.property,
        mapping: mappingOf(given.mapping),
        timeZone: given.timezone,
        nowMs: Date.now(),
        onProgress,
      }
      const data = await readDataset(given.data, {
        ...reading,
        weather: given.weather,
        buildings: options.buildings,
      })
      // The weather of --data is that of its own place.
      const pretrain =
        given.pretrain === undefined
          ? undefined
          : await readDataset(given.pretrain, {
              ...reading,
              mapping: mappingOf(given.pretrainMapping) ?? reading.mapping,
            })
      const predictions =
        given.predictions === undefined ? undefined : createPredictionsFile(given.predictions)
      const collector = given.report === undefined ? undefined : createReportCollector()
      const own = await runBacktest({
        models,
        buildings: data.series,
        pretrain: pretrain?.series,
        protocol,
        split: options.split,
        weatherMode: given.weatherMode,
        inputSizeHours: options.inputSize,
        onProgress,
        onForecast: async (forecast) => {
          collector?.add(forecast)
          await predictions?.write(forecast)
        },
      })
      await predictions?.close()
      const peers: Peers[] = []
      for (const file of given.peers ?? []) {
        const onForecast = collector?.add.bind(collector)
        peers.push(await readPeers(file, own, { protocol, ...(onForecast && { onForecast }) }))
      }
      const result = { ...own, models: [...own.models, ...peers.flatMap(({ models }) => models)] }
      const summary = toSummary(result, {
        findings: [...data.findings, ...peers.flatMap(({ findings }) => findings)],
        versions: {
          ...ownVersions(),
          data: data.fingerprint,
          ...(pretrain && { pretrain: pretrain.fingerprint }),
        },
      })
      if (given.json !== undefined) await writeFile(given.json, `${JSON.stringify(summary, null, 2)}\n`)
      if (given.report !== undefined && collector) {
        // Loaded only where it is used: a charting library takes its time.
        const { reportPage } = await import('../analytics/report/page.ts')
        const page = await reportPage(summary, collector, factsOf(given, data, summary))
        await writeFile(given.report, page)
      }
      const windows = result.windows.reduce((sum, { issuedAtMs }) => sum + issuedAtMs.length, 0)
      progress.done(
        `Forecast ${counted(windows, 'day')} of ${counted(data.series.length, 'building')} with ${counted(models.length, 'model')}.`,
      )
      show(summary)
    })
}

const optionsSchema = z.object({
  trainFraction: z.coerce
    .number('a share between 0 and 1')
    .gt(0, 'a share above 0')
    .lt(1, 'a share below 1')
    .optional(),
  trainUntil: z.iso.date('a day like 2017-01-01').optional(),
  inputSize: z.coerce
    .number('a number of hours')
    .int('whole hours')
    .min(168, 'at least 168 hours')
    .optional(),
  buildings: z
    .string()
    .refine((text) => namesIn(text).length > 0, 'a name, or a pattern like "Fox_*"')
    .optional(),
})

const parseOptions = (given: unknown) => {
  const parsed = optionsSchema.safeParse(given)
  if (!parsed.success) {
    throw new NadiError('invalid-input', 'An option is wrong.', {
      problems: parsed.error.issues.map(({ path: [name], message }) => ({
        pointer: `--${String(name).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
        detail: message,
      })),
    })
  }
  const { trainUntil, trainFraction = 0.5, buildings, ...rest } = parsed.data
  const split: Split = trainUntil === undefined ? { fraction: trainFraction } : { untilDate: trainUntil }
  return { ...rest, split, buildings: buildings === undefined ? undefined : namesIn(buildings) }
}

const namesIn = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

const modelsOf = (given: string | undefined): ForecastModel[] => {
  const known = `Take some of ${Object.keys(FORECAST_MODELS).join(', ')}.`
  const names = given === undefined ? DEFAULT_MODELS : [...new Set(namesIn(given))]
  if (names.length === 0) throw new NadiError('invalid-input', `--models names no model. ${known}`)
  return names.map((name) => {
    const model = Object.hasOwn(FORECAST_MODELS, name) ? FORECAST_MODELS[name] : undefined
    if (model) return model
    throw new NadiError('invalid-input', `There is no model "${name}". ${known}`)
  })
}

const protocolOf = (name: string) => {
  const protocol = Object.hasOwn(PROTOCOLS, name) ? PROTOCOLS[name] : undefined
  if (!protocol) throw new NadiError('invalid-input', `There is no protocol "${name}".`)
  return protocol
}

const mappingOf = (file: string | undefined): Mapping | undefined => {
  if (file === undefined) return undefined
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new NadiError('invalid-input', `The mapping ${file} cannot be read.`, { cause })
  }
  return readMapping(text, file)
}

const ownVersions = (): Record<string, string> => {
  const { version } = JSON.parse(readFileSync(path.join(import.meta.dirname, '../package.json'), 'utf8')) as {
    version: string
  }
  return { nadi: version, node: process.versions.node }
}

/** What the report says of how it was made; the options as they were given, or their defaults. */
const factsOf = (
  given: Readonly<Record<string, unknown>> & { data: string; property: string },
  { series }: Dataset,
  { versions }: BacktestSummary,
): ReportFacts => ({
  data: path.basename(given.data),
  unit: given.property === 'energy' ? 'kWh' : 'people',
  timeZones: new Map(series.map(({ series: { id, timeZone } }) => [id, timeZone])),
  made: [
    ...Object.entries(given).flatMap(([name, value]): [string, string][] =>
      ['data', 'json', 'predictions', 'report'].includes(name) || value === undefined
        ? []
        : [[name, (Array.isArray(value) ? value : [value]).join(' ')]],
    ),
    ...Object.entries(versions),
  ],
})

const show = ({ models, findings }: BacktestSummary): void => {
  const shown = (value: number | null, digits: number): string => value?.toFixed(digits) ?? '-'
  printTable(
    ['model', 'nrmse %', 'wmape %', 'mae', 'pinball', 'in 50 %', 'in 80 %', 'in 90 %', 'seconds', 'MB'],
    Object.entries(models).map(([name, { median, overall, seconds, peakMemoryMb }]) => [
      name,
      shown(median.nrmse, 2),
      shown(median.wmape, 2),
      shown(median.mae, 3),
      shown(median.pinball, 3),
      ...[overall.coverage50, overall.coverage80, overall.coverage90].map((share) =>
        share === null ? '-' : (100 * share).toFixed(1),
      ),
      shown(seconds, 1),
      shown(peakMemoryMb, 0),
    ]),
  )
  print('Errors are medians over buildings; the shares inside intervals are of all hours.')
  for (const { code, series, message, count } of findings.slice(0, SHOWN)) {
    say(printable(`  found ${count} (${code})${series === undefined ? '' : ` in ${series}`}: ${message}`))
  }
  if (findings.length > SHOWN) say(`  and ${findings.length - SHOWN} more: --json lists them`)
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

/** Findings that a person is shown. */
const SHOWN = 20
