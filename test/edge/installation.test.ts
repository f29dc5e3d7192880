import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { presenceFeatureNames } from '../../city/presence.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { until } from '../support/until.ts'
import { writeBuildingYaml } from './buildingYaml.ts'
import { createTestBroker } from './testBroker.ts'

/** What a gateway installs: a clone, `npm ci -w edge`, and Node 26 that is there already. */
const root = path.resolve(import.meta.dirname, '../..')
const NEEDED = ['package.json', 'package-lock.json', 'bin', 'cli.ts', 'cli', 'city', 'edge', 'examples']
const MAX_BYTES = 40 * 1024 * 1024

describe('the edge alone', () => {
  let folder: AsyncDisposable & { path: string }
  let unreachable: string | undefined

  beforeAll(async () => {
    folder = await temporaryFolder()
    const tracked = execFileSync(
      'git',
      ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...NEEDED],
      {
        cwd: root,
        encoding: 'utf8',
      },
    )
    for (const file of tracked
      .split('\n')
      .filter((name) => name !== '' && existsSync(path.join(root, name)))) {
      mkdirSync(path.join(folder.path, path.dirname(file)), { recursive: true })
      cpSync(path.join(root, file), path.join(folder.path, file))
    }
    try {
      await promisify(execFile)(
        'npm',
        ['ci', '-w', 'edge', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund'],
        { cwd: folder.path, env: withoutNpm(process.env) },
      )
    } catch (error) {
      const text = String(error instanceof Error && 'stderr' in error ? error.stderr : error)
      if (
        process.env['CI'] === 'true' ||
        !/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/.test(text)
      ) {
        throw error
      }
      unreachable = `the package registry cannot be reached: ${text.slice(0, 200)}`
    }
  })
  afterAll(() => folder[Symbol.asyncDispose]())

  it('takes less than 40 MB and brings none of the core', (context) => {
    if (unreachable !== undefined) context.skip(unreachable)
    const packages = [...readdirSync(path.join(folder.path, 'node_modules'))]
    expect(packages).toContain('zod')
    const core = ['@duckdb', '@tensorflow', 'node-red', '@node-red', 'aedes', 'hono', 'echarts', 'node']
    expect(packages.filter((name) => core.includes(name))).toEqual([])
    expect(bytesBelow(path.join(folder.path, 'node_modules'))).toBeLessThan(MAX_BYTES)
  })

  it('runs a building against a broker and stops cleanly', async (context) => {
    if (unreachable !== undefined) context.skip(unreachable)
    await using broker = await createTestBroker()
    const config = writeBuildingYaml(folder.path, broker.url)
    const agent = spawn(process.execPath, ['bin/nadi.mjs', 'edge', '--config', config], {
      cwd: folder.path,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NADI_LOG: 'warn' },
    })
    try {
      await until(() => broker.received.length > 0, { timeoutMs: 50_000, what: 'an observation' })
      expect(broker.received[0]?.name).toMatch(/^shared-office\//)
      agent.kill('SIGTERM')
      expect(await once(agent, 'exit')).toEqual([0, null])
    } finally {
      agent.kill('SIGKILL')
    }
  })

  it('names the command that installs TensorFlow.js when a presence model is configured', (context) => {
    if (unreachable !== undefined) context.skip(unreachable)
    const config = writeBuildingYaml(folder.path, 'mqtt://127.0.0.1:1')
    appendFileSync(
      config,
      '\npresence: { model: presence.json, timeZone: Asia/Jakarta, rooms: [shared-office/floor-2/zone-a] }\n',
    )
    const names = presenceFeatureNames(false)
    const ones = names.map(() => 1)
    const model = {
      kind: 'nadi-presence',
      version: 1,
      withLight: false,
      features: names,
      mean: ones,
      scale: ones,
      layers: [{ units: 1, weights: ones, bias: [0] }],
      threshold: 0.5,
      training: { source: 'a test', examples: 0, from: '', to: '', seed: 1 },
    }
    writeFileSync(path.join(folder.path, 'presence.json'), JSON.stringify(model))
    const { status, stderr } = spawnSync(process.execPath, ['bin/nadi.mjs', 'edge', '--config', config], {
      cwd: folder.path,
      encoding: 'utf8',
      env: { ...process.env, NADI_LOG: 'fatal' },
    })
    expect(stderr).toContain('npm install --no-save @tensorflow/tfjs-core')
    expect(status).toBe(2)
  })

  it('names the Node that it needs when started with an older one', (context) => {
    const older = '/usr/bin/node'
    const version = existsSync(older) ? execFileSync(older, ['--version'], { encoding: 'utf8' }) : ''
    if (version === '' || Number(/\d+/.exec(version)?.[0]) >= 26) context.skip(`no older Node at ${older}`)
    const { status, stderr } = spawnSync(older, ['bin/nadi.mjs', 'edge', '--help'], {
      cwd: folder.path,
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    expect(stderr).toContain('needs Node 26')
  })
})

/** An npm that runs the tests tells its children about this project; the one in the folder must not hear of it. */
const withoutNpm = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_/i.test(name)))

/** What a folder takes on the disk. */
const bytesBelow = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + lstatSync(path.join(entry.parentPath, entry.name)).blocks * 512, 0)
