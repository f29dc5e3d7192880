import { type Command, Option } from '@commander-js/extra-typings'
import { NadiError } from '../city/errors.ts'
import { example, withCity } from './options.ts'

/** `nadi train`: learns a model, from what the running city has measured or from a file. */
export const register = (program: Command): void => {
  withCity(program.command('train'))
    .description(
      'Trains a model: of energy or occupancy from what the city has measured, judged there beside the champion; of presence from a file',
    )
    .addOption(
      new Option('--property <name>', 'what is forecast or estimated')
        .choices(['energy', 'occupancy', 'presence'] as const)
        .default('energy' as const),
    )
    .option(
      '--buildings <ids>',
      'in the city: a model of its own for each, e.g. library,clinic; of a file: only these, * is any text',
    )
    .option('--data <file>', 'CSV, plain or gzip, in place of the city')
    .option('--mapping <file>', 'how to read it')
    .option('--timezone <zone>', "IANA zone of the file's times and of the room's day", 'UTC')
    .option('--light', 'presence: use illuminance as well')
    .option('--test <file...>', 'presence: further files, only to say how good the model is')
    .option('--seed <n>', 'of all that is random in training', '1')
    .option('--weather <file...>', 'energy: CSV with time and outdoor temperature; several files or patterns')
    .option('--from <file>', 'energy, occupancy: a model to start from, such as one that was exported')
    .option('--out <file>', 'where the model of a file is written (default: presence.json, energy.nadi ...)')
    .addHelpText(
      'after',
      example(
        'npx nadi train --property energy',
        "npx nadi train --data meters.csv.gz --timezone Europe/London --buildings 'Fox_*' --out energy.nadi",
        'npx nadi train --property presence --data datatraining.txt --mapping examples/import/uci-occupancy.yaml --timezone Europe/Brussels',
      ),
    )
    .action(async (given) => {
      requireUse(given)
      const { property, buildings, data, mapping, ...options } = given
      const json = options.json ?? false
      if (property !== 'presence') {
        if (data !== undefined) {
          const { trainFromFile } = await import('./trainFile.ts')
          return trainFromFile({ ...options, property, buildings, data, mapping, json })
        }
        const { trainInCity } = await import('./trainCity.ts')
        return trainInCity({ ...options, property, buildings, json })
      }
      if (data === undefined || mapping === undefined)
        throw wrong('Presence is learned from a file: give --data FILE and --mapping FILE.')
      const { trainPresenceModel } = await import('./trainPresence.ts')
      return trainPresenceModel({
        data,
        mapping,
        test: options.test ?? [],
        timeZone: options.timezone,
        withLight: options.light ?? false,
        seed: Number(options.seed),
        out: options.out ?? 'presence.json',
        json,
      })
    })
}

/** Options that would be passed over in silence, by what is trained from. */
const NO_USE = {
  city: {
    mapping: 'with --data FILE',
    weather: 'with --data FILE',
    from: 'with --data FILE',
    out: 'with --data FILE; the city keeps its models, "npx nadi models export" writes one to a file',
    light: 'for --property presence',
    test: 'for --property presence',
  },
  file: { light: 'for --property presence', test: 'for --property presence' },
  presence: {
    buildings: 'for energy and occupancy',
    weather: 'for energy',
    from: 'for energy and occupancy',
  },
} as const

const requireUse = (given: Readonly<Record<string, unknown>> & { property: string; data?: string }): void => {
  const source = given.property === 'presence' ? 'presence' : given.data === undefined ? 'city' : 'file'
  for (const [name, use] of Object.entries(NO_USE[source])) {
    if (given[name] !== undefined) throw wrong(`--${name} is only ${use}.`)
  }
}

const wrong = (message: string): NadiError => new NadiError('invalid-input', message)
