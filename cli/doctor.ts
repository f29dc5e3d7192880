import { constants, existsSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import { z } from 'zod'
import { NadiError } from '../city/errors.ts'
import type { Config } from '../config.ts'
import { connectCity, readRunFile, type CityClient, type CityOptions } from './city.ts'
import { example, withCity } from './options.ts'
import { checkCertificates } from './doctorCertificates.ts'
import { type Finding, well, wrong } from './finding.ts'
import { printJson, printTable, say } from './output.ts'
import { readConfig } from './settings.ts'

/** `nadi doctor`: looks at this installation and at the running city. */
export const register = (program: Command): void => {
  withCity(program.command('doctor'))
    .description('Looks for what is wrong and says what to do about it')
    .addHelpText('after', example('npx nadi doctor', 'npx nadi doctor --json'))
    .action(async ({ json, ...at }) => {
      const config = readConfig()
      const findings = [checkNode(), await checkDataFolder(config), await checkCityFile(config)]
      findings.push(...(await checkCity(at, config)))
      if (json) printJson({ ok: findings.every(({ ok }) => ok), findings })
      else {
        printTable(
          ['check', '', 'found'],
          findings.map(({ check, ok, detail }) => [check, ok ? 'ok' : 'WRONG', detail]),
        )
      }
      const wrong = findings.filter(({ ok }) => !ok)
      for (const { check, next } of wrong) say(`${check}: ${next ?? ''}`)
      if (wrong.length > 0)
        throw new NadiError('internal', `${wrong.length} of ${findings.length} checks failed.`)
    })
}

const checkNode = (): Finding => {
  const major = Number(process.versions.node.split('.')[0])
  return major >= 26
    ? well('Node', process.version)
    : wrong('Node', process.version, 'Run "npm ci" in the clone, which brings Node 26 along.')
}

const checkDataFolder = async ({ dataDir }: Config): Promise<Finding> => {
  try {
    const existing = nearestFolder(dataDir)
    await access(existing, constants.W_OK | constants.X_OK)
    return well('data folder', existing === dataDir ? dataDir : `${dataDir}, made at first start`)
  } catch (error) {
    return wrong(
      'data folder',
      messageOf(error),
      'Make the folder writable for this user, or set NADI_DATA_DIR to another one.',
    )
  }
}

/** The folder itself or the nearest one above it that is there: looking must not make anything. */
const nearestFolder = (folder: string): string =>
  existsSync(folder) ? folder : nearestFolder(path.dirname(folder))

const checkCityFile = async ({ cityFile }: Config): Promise<Finding> => {
  try {
    await access(cityFile, constants.R_OK)
    return well('city file', cityFile)
  } catch (error) {
    return wrong('city file', messageOf(error), 'Set NADI_CITY to a city file, e.g. examples/city.yaml.')
  }
}

const checkCity = async (at: CityOptions, config: Config): Promise<Finding[]> => {
  try {
    const city = connectCity(at)
    const alive = await city.fetch('/healthz')
    if (!alive.ok) {
      return [wrong('city', `${city.url} answers ${alive.status}`, 'Look at its log, and restart it.')]
    }
    return [
      well('city', `runs at ${city.url}`),
      await checkReady(city),
      await checkToken(city),
      ...(await checkCertificates(city)),
    ]
  } catch (error) {
    const absent = wrong('city', messageOf(error), 'Start it with "npm start".')
    return at.url === undefined ? [absent, ...(await checkPorts(config))] : [absent]
  }
}

const checkReady = async (city: CityClient): Promise<Finding> => {
  const ready = await city.fetch('/readyz')
  return ready.ok
    ? well('store', 'answers')
    : wrong(
        'store',
        await notReady(ready),
        'Look at the log; check the disk’s free space, and NADI_INFLUX_URL where InfluxDB is used.',
      )
}

/** Which parts cannot do their work, with what the city says of each. */
const notReady = async (answer: Response): Promise<string> => {
  const text = await answer.text()
  try {
    const { parts, problems = {} } = readiness.parse(JSON.parse(text))
    const lacking = Object.keys(parts).filter((part) => parts[part] !== true)
    return lacking.map((part) => (part in problems ? `${part}: ${problems[part]}` : part)).join('; ')
  } catch {
    // Something else answers there, a proxy say.
    return `answers ${answer.status}: ${text.slice(0, 200)}`
  }
}

const readiness = z.object({
  parts: z.record(z.string(), z.boolean()),
  problems: z.record(z.string(), z.string()).optional(),
})

const checkToken = async (city: CityClient): Promise<Finding> => {
  const { status } = await city.fetch('/v1/keys?limit=1')
  return status === 200
    ? well('token', 'an administrator’s')
    : wrong('token', `refused (${status})`, 'Give an administrator’s key with --token.')
}

/** Asked only while no city runs: then each port that it will want should be free. */
const checkPorts = async (config: Config): Promise<Finding[]> => {
  const wanted = [
    ['NADI_HTTP_PORT', config.httpPort],
    ['NADI_MQTT_PORT', config.mqttPort],
    ['NADI_MQTTS_PORT', config.mqttsPort],
    ['NADI_FLOWS_PORT', config.flowsPort],
  ] as const
  const leftover = readRunFile(config.dataDir)
  return [
    ...(leftover
      ? [well('last run', `was not stopped cleanly (${path.join(config.dataDir, 'run.json')} is left)`)]
      : []),
    ...(await Promise.all(
      wanted
        .filter(([, port]) => port !== 0)
        .map(async ([name, port]) => {
          const problem = await portProblem(port, config.host)
          return problem === undefined
            ? well(`port ${port}`, 'free')
            : wrong(`port ${port}`, problem, `Free the port, or set ${name} to another.`)
        }),
    )),
  ]
}

const portProblem = (port: number, host: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve(error.message))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
