import { once } from 'node:events'
import type { Command } from 'commander'
import { pino } from 'pino'
import { createOpenBroker } from '../broker/openBroker.ts'
import { NadiError } from '../city/errors.ts'

/** `nadi broker --open`: the broker's listener and guard without identities, for MQTT test suites. */
export const register = (program: Command): void => {
  program
    .command('broker')
    .description('serve MQTT without identities on loopback, to point an MQTT test suite at')
    .requiredOption('--open', 'say that everybody may connect; nothing is stored')
    .option('--port <port>', 'port to listen on, 0 = one that the system chooses', '1883')
    .addHelpText('after', '\nExample:\n  $ npx nadi broker --open --port 1884\n')
    .action(async ({ port }: { port: string }) => {
      const log = pino({ level: 'warn' }, pino.destination(2))
      await using broker = await createOpenBroker({ port: portOf(port), log })
      process.stdout.write(`mqtt://127.0.0.1:${broker.port}\n`)
      await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
    })
}

const portOf = (text: string): number => {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new NadiError('invalid-input', `--port ${text} is no port: name one from 0 to 65535.`)
  }
  return port
}
