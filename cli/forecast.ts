import { type Command, Option } from '@commander-js/extra-typings'
import { connectCity } from './city.ts'
import { example, withCity } from './options.ts'
import { printJson, printTable, say } from './output.ts'

interface Forecast {
  issuedAt: string
  model: { name: string; version: string }
  context: { measured: number; coldStart: boolean } | null
  items: { start: string; quantiles: Record<string, number | undefined> }[]
}

/** `nadi forecast`: the newest forecast that the city serves. */
export const register = (program: Command): void => {
  withCity(program.command('forecast'))
    .description('The newest forecast of a building, hour by hour, to the end of tomorrow at least')
    .requiredOption('--building <id>', 'e.g. library')
    .addOption(
      new Option('--property <name>', 'what is forecast')
        .choices(['energy', 'occupancy'] as const)
        .default('energy' as const),
    )
    .addHelpText('after', example('npx nadi forecast --building library --property occupancy'))
    .action(async ({ building, property, json, ...at }) => {
      const forecast = await connectCity(at).get<Forecast>(
        `/v1/buildings/${encodeURIComponent(building)}/forecasts?property=${property}`,
      )
      if (json) return printJson(forecast)
      const { issuedAt, model, context, items } = forecast
      say(`${property} of ${building}, issued ${issuedAt} by ${model.name} ${model.version}`)
      if (context?.coldStart) say('A cold start: measured for less than four weeks.')
      if (context && context.measured < 0.9)
        say(`Only ${Math.round(100 * context.measured)} % of the hours that it goes by were measured.`)
      printTable(
        ['hour', '10 %', '50 %', '90 %'],
        items.map(({ start, quantiles }) => [
          start,
          ...['0.1', '0.5', '0.9'].map((level) => quantiles[level]?.toFixed(1) ?? null),
        ]),
      )
    })
}
