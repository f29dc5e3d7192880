import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { DCLinter } from 'dclint'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { parseCityFile } from '../city/readCityFile.ts'
import { parseConfig, settingNames } from '../config.ts'
import { parseSettings } from '../edge/config.ts'

/** Compose file and Dockerfile as far as they can be checked without an engine. */
const root = path.resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string().optional(),
      build: z.object({ context: z.string(), target: z.string() }).optional(),
      environment: z.record(z.string(), z.string()).default({}),
      ports: z.array(z.string()).default([]),
      volumes: z.array(z.string()).default([]),
      secrets: z.array(z.string()).default([]),
      networks: z.array(z.string()),
      command: z.array(z.string()).default([]),
    }),
  ),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() }).nullable()),
  volumes: z.record(z.string(), z.null()),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
})
const compose = composeSchema.parse(parse(read('docker-compose.yml')))
const service = (name: string) => {
  const found = compose.services[name]
  if (!found) throw new Error(`docker-compose.yml has no service "${name}"`)
  return found
}
const city = service('city')

/** Instructions of the Dockerfile by build stage, continued lines joined. */
const stages = (() => {
  const found = new Map<string, { from: string; lines: string[] }>()
  let current: { from: string; lines: string[] } | undefined
  for (const line of read('Dockerfile')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')) {
    const from = /^FROM (\S+) AS (\S+)$/.exec(line)
    if (from) {
      current = { from: from[1] ?? '', lines: [] }
      found.set(from[2] ?? '', current)
    } else if (line !== '' && !line.startsWith('#')) current?.lines.push(line)
  }
  return found
})()
const linesOf = (stage: string): string[] => stages.get(stage)?.lines ?? []

/** What a stage copies from the clone; what it inherits from `base` included. */
const copied = (stage: string): string[] =>
  [...linesOf('base'), ...linesOf(stage)]
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(/\s+/).slice(1, -1))

/** The linter's package states no types that TypeScript finds. */
const findingsOf = ({ messages }: { messages: { line: number; message: string }[] }): string[] =>
  messages.map(({ line, message }) => `${line}: ${message}`)

describe('docker-compose.yml', () => {
  it('is a sound compose file', () => {
    const results = new DCLinter({ rules: {}, quiet: true, debug: false, exclude: [] }).lintFiles(
      [path.join(root, 'docker-compose.yml')],
      false,
    )
    expect(results.flatMap(findingsOf)).toEqual([])
  })

  it('runs a store, the city, two edge agents and Node-RED, each image by an exact tag', () => {
    expect(Object.keys(compose.services).sort()).toEqual([
      'city',
      'edge-clinic',
      'edge-library',
      'flows',
      'influxdb',
    ])
    for (const { image, build } of Object.values(compose.services)) {
      if (image !== undefined) expect(image).toMatch(/:\d+\.\d+\.\d+$/)
      else expect(stages.has(build?.target ?? '')).toBe(true)
    }
  })

  it('gives the city settings that it knows and takes', () => {
    const names = Object.keys(city.environment).filter((name) => name.startsWith('NADI_'))
    expect(names.filter((name) => !(settingNames as string[]).includes(name))).toEqual([])
    expect(parseConfig(city.environment, '/app')).toMatchObject({ store: 'influx', host: '0.0.0.0' })
    for (const [name, { environment }] of Object.entries(compose.services)) {
      if (name === 'city') continue
      const foreign = Object.keys(environment).filter((key) => key.startsWith('NADI_'))
      expect(
        foreign.filter((key) => key !== 'NADI_FLOWS_JOB' && !(settingNames as string[]).includes(key)),
      ).toEqual([])
    }
  })

  it('has ports and addresses that agree with one another', () => {
    const { NADI_HTTP_PORT: http, NADI_MQTT_PORT: mqtt, NADI_MQTTS_PORT: mqtts } = city.environment
    expect(new Set(city.ports.map((mapping) => mapping.split(':').at(-1)))).toEqual(
      new Set([http, mqtt, mqtts]),
    )
    const exposed = linesOf('city').find((line) => line.startsWith('EXPOSE '))
    expect(new Set(exposed?.split(' ').slice(1))).toEqual(new Set([http, mqtt, mqtts]))
    expect(linesOf('city').join('\n')).toContain(`127.0.0.1:${http}/readyz`)

    const job = JSON.parse(service('flows').environment['NADI_FLOWS_JOB'] ?? '{}')
    const flows = new URL(city.environment['NADI_FLOWS_URL'] ?? '')
    expect([flows.hostname, flows.port]).toEqual(['flows', String(job.port)])
    expect(job.city).toMatchObject({ httpUrl: `http://city:${http}`, mqttUrl: `mqtt://city:${mqtt}` })
    expect(new URL(city.environment['NADI_INFLUX_URL'] ?? '').host).toBe('influxdb:8086')
    // Its default, a sync before each confirmation, is what an acknowledgement rests on.
    const { environment } = service('influxdb')
    expect(environment['INFLUXDB_DATA_WAL_FSYNC_DELAY'] ?? '0s').toBe('0s')
  })

  it('lets only this host in, and only the city at the store', () => {
    const published = Object.values(compose.services).flatMap(({ ports }) => ports)
    expect(published.every((mapping) => mapping.startsWith('127.0.0.1:'))).toBe(true)
    expect(compose.networks['store']?.internal).toBe(true)
    const atStore = Object.entries(compose.services).filter(([, { networks }]) => networks.includes('store'))
    expect(atStore.map(([name]) => name).sort()).toEqual(['city', 'influxdb'])
  })

  it('mounts files that exist and volumes and secrets that are declared, and holds no password', () => {
    for (const { volumes, secrets } of Object.values(compose.services)) {
      for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
        if (source.startsWith('./')) expect(existsSync(path.join(root, source)), source).toBe(true)
        else expect(Object.keys(compose.volumes)).toContain(source)
      }
      for (const secret of secrets) expect(Object.keys(compose.secrets)).toContain(secret)
    }
    expect(read('docker-compose.yml')).not.toMatch(/(PASSWORD|TOKEN|SECRET)\w*: \S/)
    expect(read('secrets/.gitignore').split('\n')).toContain('*')
    for (const { file } of Object.values(compose.secrets)) expect(path.dirname(file)).toBe('./secrets')
  })

  it('gives each edge agent a building of the city, the broker and its own secret', () => {
    const { buildings } = parseCityFile(read('examples/city.yaml'), 'examples/city.yaml')
    const agents = Object.entries(compose.services).filter(([, { build }]) => build?.target === 'edge')
    expect(agents).toHaveLength(2)
    for (const [name, { volumes, secrets }] of agents) {
      const mounted = volumes.find((volume) => volume.includes('building.yaml'))?.split(':')
      const file = mounted?.[0] ?? ''
      const settings = parseSettings(read(file), file)
      expect(linesOf('edge').at(-1)).toContain(mounted?.[1])
      expect(buildings.map(({ id }) => id)).toContain(settings.building)
      expect(name).toBe(`edge-${settings.building}`)
      expect(settings.broker).toBe(`mqtt://city:${city.environment['NADI_MQTT_PORT']}`)
      expect(secrets.map((secret) => `/run/secrets/${secret}`)).toEqual([settings.passwordFile])
      expect(settings.spool.file.startsWith('/data/')).toBe(true)
      expect(copied('edge')).toContain(String(settings.driver['city']).replace('/app/', ''))
    }
  })

  it('lets Node-RED read its keys and the code, and write its own folder alone', () => {
    const { command, environment, volumes } = service('flows')
    const job = JSON.parse(environment['NADI_FLOWS_JOB'] ?? '{}')
    const folder = volumes.find((volume) => volume.endsWith(':ro'))?.split(':')[1]
    expect(folder).toBeDefined()
    for (const file of [job.tokenFile, job.credentialSecretFile, job.city.keyFile]) {
      expect(path.dirname(file)).toBe(folder)
    }
    expect(command).toContain(`--allow-fs-read=${folder}`)
    expect(command.filter((part) => part.startsWith('--allow-fs-write'))).toEqual([
      `--allow-fs-write=${job.userDir}`,
    ])
    expect(command).not.toContain('--allow-child-process')
  })
})

describe('the Dockerfile', () => {
  it('stands on the very Node that the project names', () => {
    const { node } = z
      .object({ dependencies: z.object({ node: z.string() }) })
      .parse(JSON.parse(read('package.json'))).dependencies
    expect(stages.get('base')?.from).toBe(`node:${node}-slim`)
    for (const { from } of stages.values()) expect(from === 'base' || from.startsWith('node:')).toBe(true)
  })

  it.each(['city', 'edge'])('%s: runs as no root and tells its health', (stage) => {
    const users = linesOf(stage).filter((line) => line.startsWith('USER '))
    expect(users).toEqual(['USER node'])
    expect(linesOf(stage).some((line) => line.startsWith('HEALTHCHECK '))).toBe(true)
    const last = linesOf(stage).findIndex((line) => line.startsWith('USER '))
    expect(
      linesOf(stage)
        .slice(last)
        .some((line) => line.startsWith('RUN ') || line.startsWith('COPY ')),
    ).toBe(false)
  })

  it.each(['city', 'edge'])('%s: copies what is there and what the build is allowed to see', (stage) => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
    for (const source of copied(stage)) {
      expect(existsSync(path.join(root, source)), source).toBe(true)
      const top = source.split('/')[0] ?? ''
      expect(allowed.includes(top) || (top.endsWith('.ts') && allowed.includes('*.ts')), source).toBe(true)
    }
  })

  it('starts the city as `npm start` does', () => {
    const settings: { flags: string[]; environment: Record<string, string> } = JSON.parse(
      read('scripts/cityProcess.json'),
    )
    const { flags, environment } = settings
    const dockerfile = read('Dockerfile')
    expect(dockerfile).toContain(`CMD ${JSON.stringify(['node', ...flags, 'main.ts']).replaceAll(',', ', ')}`)
    for (const [name, value] of Object.entries(environment)) expect(dockerfile).toContain(`${name}=${value}`)
  })

  it.each([
    ['city', ['main.ts', 'cli.ts', 'edge/main.ts', 'edge/historyMain.ts', 'flows/main.ts']],
    ['edge', ['bin/nadi.mjs', 'cli/edge.ts']],
  ])('%s: copies every file that its programs import', (stage, entries) => {
    const sources = copied(stage)
    const isCopied = (file: string): boolean =>
      sources.some(
        (source) =>
          file === source ||
          (statSync(path.join(root, source)).isDirectory() && file.startsWith(`${source}/`)),
      )
    const missing = [...reachable(entries, stage === 'edge')].filter((file) => !isCopied(file))
    expect(missing).toEqual([])
  })
})

/** Files of the project that these import, directly or not. An edge box never loads what `cli.ts` loads on demand. */
function reachable(entries: readonly string[], skipOnDemand: boolean): Set<string> {
  const seen = new Set<string>()
  const waiting = [...entries]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const onDemand = skipOnDemand && file === 'cli.ts'
    const specifiers = [
      ...read(file).matchAll(/(?:from|^import) '(\.[^']+)'/gm),
      ...(onDemand ? [] : read(file).matchAll(/import\('(\.[^']+)'\)/g)),
    ]
    for (const [, specifier = ''] of specifiers) {
      const target = path.join(path.dirname(file), specifier)
      if (/\.(?:ts|mjs|js)$/.test(target)) waiting.push(target)
    }
  }
  return seen
}
