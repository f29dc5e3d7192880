import { writeFile } from 'node:fs/promises'
import { type Command, Option } from '@commander-js/extra-typings'
import { connectCity, problemOf } from './city.ts'
import { example, withCity } from './options.ts'
import { print, printJson, printTable, say } from './output.ts'

interface Metrics {
  nrmse: number
  pinball: number
  coverage80: number
  buildings: number
  days: number
}

interface Model {
  id: string
  property: string
  building: string | null
  name: string
  version: string
  state: string
  reason: string
  stateSince: string
  data: { fingerprint: string; series: number; hours: number; from: string; to: string }
  codeVersion: string
  trainedAt: string
  trainingSeconds: number
  metrics: Metrics | null
  bytes: number
  sha256: string
}

interface ModelDetail extends Model {
  newest: Metrics | null
  events: { at: string; state: string; reason: string }[]
}

interface Comparison {
  days: number
  buildings: number
  models: { id: string; metrics: Metrics | null }[]
  gain: number | null
}

const property = () =>
  new Option('--property <name>', 'what is forecast').choices(['energy', 'occupancy'] as const)

/** `nadi models`: the registry of the running city. */
export const register = (program: Command): void => {
  const models = program
    .command('models')
    .description('Forecasting models: which there are, how they do, and which one serves')
    .addHelpText('after', example('npx nadi models list', 'npx nadi models rollback --property energy'))

  withCity(models.command('list'))
    .description('lists models, the newest first')
    .addOption(property())
    .addHelpText('after', example('npx nadi models list --property energy'))
    .action(async ({ property, json, ...at }) => {
      const query = property === undefined ? '' : `?property=${property}`
      const items = await Array.fromAsync(connectCity(at).all<Model>(`/v1/models${query}`))
      if (json) return printJson({ items })
      printTable(
        ['id', 'property', 'for', 'kind', 'state', 'trained', 'NRMSE %', 'reason'],
        items.map((it) => [
          it.id,
          it.property,
          it.building ?? 'all',
          `${it.name} ${it.version}`,
          it.state,
          it.trainedAt.slice(0, 10),
          it.metrics?.nrmse.toFixed(1) ?? null,
          it.reason,
        ]),
      )
    })

  withCity(models.command('show').argument('<id>'))
    .description('shows where a model comes from, how it does and what became of it')
    .addHelpText('after', example('npx nadi models show 3f2a9c1d77e0'))
    .action(async (id, { json, ...at }) => {
      const model = await connectCity(at).get<ModelDetail>(`/v1/models/${encodeURIComponent(id)}`)
      if (json) return printJson(model)
      printTable(
        ['model', model.id],
        [
          ['of', `${model.property} of ${model.building ?? 'all buildings'}`],
          ['kind', `${model.name} ${model.version}, ${model.bytes} bytes, by Nadi ${model.codeVersion}`],
          ['state', `${model.state} since ${model.stateSince}`],
          ['reason', model.reason],
          ['trained', `${model.trainedAt} in ${model.trainingSeconds.toFixed(1)} s`],
          [
            'data',
            `${model.data.hours} hours of ${model.data.series} series, ${model.data.from} to ${model.data.to}`,
          ],
          ['fingerprint', model.data.fingerprint],
          ['held back', inWords(model.metrics)],
          ['newest 30 days', inWords(model.newest)],
        ],
      )
      print('')
      printTable(
        ['at', 'became', 'because'],
        model.events.map(({ at, state, reason }) => [at, state, reason]),
      )
    })

  withCity(models.command('compare').argument('<id>').argument('<other>'))
    .description('compares two models on the days that both were scored on')
    .addHelpText('after', example('npx nadi models compare 3f2a9c1d77e0 91b0c7d2aa43'))
    .action(async (id, other, { json, ...at }) => {
      const compared = await connectCity(at).get<Comparison>(
        `/v1/models/${encodeURIComponent(id)}/comparison?with=${encodeURIComponent(other)}`,
      )
      if (json) return printJson(compared)
      if (compared.gain === null) return say('They have no scored day in common yet.')
      say(`${compared.days} days, ${compared.buildings} buildings`)
      printTable(
        ['model', 'pinball %', 'NRMSE %', 'inside 80 %'],
        compared.models.map(({ id, metrics }) => [
          id,
          metrics?.pinball.toFixed(2) ?? null,
          metrics?.nrmse.toFixed(1) ?? null,
          metrics?.coverage80.toFixed(2) ?? null,
        ]),
      )
      const gain = (100 * Math.abs(compared.gain)).toFixed(1)
      say(`The second one's pinball loss is ${gain} % ${compared.gain >= 0 ? 'lower' : 'higher'}.`)
    })

  withCity(models.command('promote').argument('<id>'))
    .description('makes a model the champion, whatever the promotion rule says')
    .option('--reason <text>', 'why, for the record', 'By hand.')
    .addHelpText('after', example('npx nadi models promote 91b0c7d2aa43 --reason "new meters"'))
    .action(async (id, { reason, json, ...at }) => {
      const model = await connectCity(at).post<Model>(`/v1/models/${encodeURIComponent(id)}/promotion`, {
        reason,
      })
      if (json) return printJson(model)
      say(
        `${model.id} serves ${model.property} of ${model.building ?? 'all buildings'} from the next hour on.`,
      )
    })

  withCity(models.command('rollback'))
    .description('goes back to the champion before the one that serves')
    .addOption(property().makeOptionMandatory())
    .option('--building <id>', "a building's own champion; without: the one for all")
    .option('--reason <text>', 'why, for the record', 'By hand.')
    .addHelpText('after', example('npx nadi models rollback --property energy'))
    .action(async ({ property, building, reason, json, ...at }) => {
      const { from, to } = await connectCity(at).post<{ from: Model; to: Model | null }>(
        '/v1/models/rollbacks',
        {
          property,
          building: building ?? null,
          reason,
        },
      )
      if (json) return printJson({ from, to })
      say(`${from.id} is out of service; ${to === null ? 'the one for all buildings' : to.id} serves.`)
    })

  withCity(models.command('export').argument('<id>').argument('<file>'))
    .description('writes the file of a model')
    .addHelpText('after', example('npx nadi models export 3f2a9c1d77e0 energy.nadi'))
    .action(async (id, file, { json, ...at }) => {
      const response = await connectCity(at).fetch(`/v1/models/${encodeURIComponent(id)}/file`)
      if (!response.ok) throw await problemOf(response)
      const content = new Uint8Array(await response.arrayBuffer())
      await writeFile(file, content, { mode: 0o600 })
      if (json) return printJson({ model: id, file, bytes: content.length })
      say(`Wrote ${file}, ${content.length} bytes.`)
    })
}

const inWords = (metrics: Metrics | null): string =>
  metrics === null
    ? 'not scored'
    : `NRMSE ${metrics.nrmse.toFixed(1)} %, pinball ${metrics.pinball.toFixed(2)} %, ${metrics.coverage80.toFixed(2)} of hours inside 80 %, ${metrics.buildings} buildings, ${metrics.days} days`
