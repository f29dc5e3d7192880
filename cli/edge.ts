import path from 'node:path'
import type { Command } from 'commander'
import type { Logger } from 'pino'
import { z } from 'zod'
import { NadiError } from '../city/errors.ts'
import type { Agent } from '../edge/agent.ts'
import {
  type EdgeConfig,
  edgeConfigOf,
  parseSettings,
  readCredentials,
  readEdgeConfig,
} from '../edge/config.ts'
import { createEdgeLog } from '../edge/log.ts'
import { startAgent } from '../edge/startAgent.ts'

/** `nadi edge`: one building's agent on its own, or a file published as a building would. Needs `city/` and `edge/` only. */
const EXAMPLES = `
Examples:
  nadi edge --config examples/edge/building.yaml
  nadi edge --replay day.csv --mapping examples/import/cambridge-electricity.yaml --speed max --url mqtt://127.0.0.1:1883 --device replay --password-file replay.password
`

const PROGRESS_MS = 2_000

export const register = (program: Command): void => {
  program
    .command('edge')
    .description("run one building's edge agent, or replay a file as one, against any broker")
    .option('--config <file>', 'building.yaml: device, broker, spool and driver')
    .option('--replay <file>', "publish this file's rows instead")
    .option('--mapping <file>', 'how to read the file')
    .option('--speed <n>', 'times real time; 0 or "max": as fast as it is acknowledged', '1')
    .option('--now', "move the first of the file's times to the present")
    .option('--from <time>', 'only readings from this time on, like 2019-03-04T00:00:00Z, by the file')
    .option('--to <time>', 'only readings before this time')
    .option('--timezone <zone>', 'IANA zone of the times, where the mapping names none')
    .option('--building <id>', 'building that the rows belong to, where the mapping names none')
    .option('--url <url>', 'the broker, mqtt://, mqtts:// or ws://')
    .option('--device <id>', 'who publishes')
    .option('--password-file <file>', 'file whose first line is the password')
    .option(
      '--spool <file>',
      'file of the durable buffer (default: edge-DEVICE.sqlite beside the password file)',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (given: unknown) => {
      const options = parseOptions(given)
      const log = createEdgeLog(process.env['NADI_LOG'] ?? 'info')
      if (options.config !== undefined) await runBuilding(await readEdgeConfig(options.config), log)
      else await runReplay(await replayConfig(options), log)
    })
}

const optionsSchema = z.object({
  config: z.string().optional(),
  replay: z.string().optional(),
  mapping: z.string().optional(),
  speed: z
    .union([
      z.literal('max').transform(() => 0),
      z.coerce.number('a number of times real time, 0 or "max"').nonnegative().finite(),
    ])
    .default(1),
  now: z.boolean().default(false),
  from: z.string().optional(),
  to: z.string().optional(),
  timezone: z.string().optional(),
  building: z.string().optional(),
  url: z.string().optional(),
  device: z.string().optional(),
  passwordFile: z.string().optional(),
  spool: z.string().optional(),
})
type Options = z.infer<typeof optionsSchema>

const parseOptions = (given: unknown): Options => {
  const parsed = optionsSchema.safeParse(given)
  if (!parsed.success) {
    throw new NadiError('invalid-input', 'An option is wrong.', {
      problems: parsed.error.issues.map((issue) => ({
        pointer: `--${String(issue.path[0])}`,
        detail: issue.message,
      })),
    })
  }
  if ((parsed.data.config === undefined) === (parsed.data.replay === undefined)) {
    throw new NadiError(
      'invalid-input',
      'Give either --config building.yaml or --replay FILE. Add --help for examples.',
    )
  }
  return parsed.data
}

/** The settings of an agent that replays a file: checked by the same schema as a `building.yaml`. */
const replayConfig = async (options: Options): Promise<EdgeConfig> => {
  const { replay, mapping, url, device, passwordFile } = options
  const missing = Object.entries({ mapping, url, device, 'password-file': passwordFile })
    .filter(([, value]) => value === undefined)
    .map(([name]) => `--${name}`)
  if (!replay || !mapping || !url || !device || !passwordFile) {
    throw new NadiError(
      'invalid-input',
      `--replay needs ${missing.join(', ')} as well. Add --help for an example.`,
    )
  }
  const spool = path.resolve(options.spool ?? path.join(path.dirname(passwordFile), `edge-${device}.sqlite`))
  const settings = parseSettings(
    JSON.stringify({
      device,
      passwordFile,
      broker: url,
      building: options.building ?? 'replay',
      spool: { file: spool },
      // Whoever asks for a file's rows again wants them at once.
      backlogPerSecond: 100_000,
      driver: {
        kind: 'replay',
        file: path.resolve(replay),
        mapping: path.resolve(mapping),
        speed: options.speed,
        now: options.now,
        ...(options.building !== undefined && { building: options.building }),
        ...(options.from !== undefined && { from: options.from }),
        ...(options.to !== undefined && { to: options.to }),
        ...(options.timezone !== undefined && { timeZone: options.timezone }),
      },
    }),
    'the options',
  )
  const config = edgeConfigOf(settings, process.cwd())
  await readCredentials(config.proof)
  return config
}

const runBuilding = async (config: EdgeConfig, log: Logger): Promise<void> => {
  const stop = stopSignal()
  await using agent = await startAgent(config, { log, now: Date.now, random: Math.random })
  await Promise.race([agent.finished, stop])
}

const runReplay = async (config: EdgeConfig, log: Logger): Promise<void> => {
  const stop = stopSignal()
  await using agent = await startAgent(config, { log, now: Date.now, random: Math.random })
  const progress = setInterval(() => tell(agent), PROGRESS_MS)
  try {
    await Promise.race([agent.finished, stop])
  } finally {
    clearInterval(progress)
  }
  await agent.close()
  tell(agent)
  const left = agent.stats().count
  if (left > 0) {
    throw new NadiError(
      'conflict',
      `The replay was stopped with ${left} readings unacknowledged; they are in ${config.spool.file} and go first next time.`,
    )
  }
}

const tell = (agent: Agent): void => {
  const { read, acknowledged, count, connected } = agent.stats()
  process.stderr.write(
    `${read} read, ${acknowledged} acknowledged, ${count} in the spool${connected ? '' : ', not connected'}\n`,
  )
}

/** Resolves on the first SIGINT or SIGTERM; further ones do not cut the closing short. */
const stopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => resolve())
  })
