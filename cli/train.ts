import { type Command, Option } from '@commander-js/extra-typings'
import { example } from './options.ts'
import { trainPresenceModel } from './trainPresence.ts'

/** `nadi train`: learns a model. */
export const register = (program: Command): void => {
  program
    .command('train')
    .description('Learns a model from a file')
    .addOption(
      new Option('--property <name>', 'what is estimated')
        .choices(['presence'] as const)
        .makeOptionMandatory(),
    )
    .requiredOption(
      '--data <file>',
      'CSV, plain or gzip, with co2, temperature, humidity and presence of a room',
    )
    .requiredOption('--mapping <file>', 'how to read it')
    .option('--timezone <zone>', "IANA zone of the file's times and of the room's day", 'UTC')
    .option('--light', 'use illuminance as well')
    .option('--test <file...>', 'further files of the same form: only to say how good the model is')
    .option('--seed <n>', 'of all that is random in training', '1')
    .option('--out <file>', 'where the model is written', 'presence.json')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      example(
        'npx nadi train --property presence --data datatraining.txt --mapping examples/import/uci-occupancy.yaml --timezone Europe/Brussels',
      ),
    )
    .action(async ({ data, mapping, timezone, light, test, seed, out, json }) => {
      await trainPresenceModel({
        data,
        mapping,
        test: test ?? [],
        timeZone: timezone,
        withLight: light ?? false,
        seed: Number(seed),
        out,
        json: json ?? false,
      })
    })
}
