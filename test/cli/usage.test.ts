import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { COMMANDS, run } from '../../cli.ts'
import { reportSettings } from '../../config.ts'
import { type CommandResult, nadi } from '../support/city.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** Runs the command line in this process on a data folder that holds nothing. */
const nowhere = async (...args: string[]): Promise<CommandResult> => {
  await using folder = await temporaryFolder()
  using stack = new DisposableStack()
  stack.defer(() => vi.unstubAllEnvs())
  vi.stubEnv('NADI_DATA_DIR', path.join(folder.path, 'data'))
  const written = (name: 'stdout' | 'stderr') => {
    let text = ''
    const spy = vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      text += chunk.toString()
      return true
    })
    stack.defer(() => spy.mockRestore())
    return () => text
  }
  const stdout = written('stdout')
  const stderr = written('stderr')
  const code = await run(args)
  return { code, stdout: stdout(), stderr: stderr() }
}

const CITY_COMMANDS = [
  ['devices', 'add', 'edge', '--building', 'library'],
  ['devices', 'list', '--json'],
  ['devices', 'revoke', 'edge'],
  ['users', 'add', 'ana', '--role', 'operator'],
  ['users', 'list'],
  ['users', 'remove', 'ana'],
  ['keys', 'add', '--role', 'operator'],
  ['keys', 'list'],
  ['keys', 'revoke', 'x'],
  ['quarantine', 'list'],
  ['quarantine', 'retry'],
  ['quarantine', 'drop', '--yes'],
  ['import', path.join(root, 'package.json'), '--building', 'library', '--property', 'co2'],
  ['export', 'library/co2'],
  ['label', 'list'],
  ['forecast', '--building', 'library'],
  ['train'],
  ['models', 'list'],
  ['models', 'show', '3f2a9c1d77e0'],
  ['models', 'compare', '3f2a9c1d77e0', '91b0c7d2aa43'],
  ['models', 'promote', '3f2a9c1d77e0'],
  ['models', 'rollback', '--property', 'energy'],
  ['models', 'export', '3f2a9c1d77e0', 'energy.nadi'],
]

const WRONG_USE: [string[], RegExp][] = [
  [[], /Usage: nadi/],
  [['constructor'], /unknown command 'constructor'/],
  [['__proto__'], /unknown command '__proto__'/],
  [['device', 'list'], /Did you mean devices\?/],
  [['devices'], /Example/],
  [['devices', 'ad'], /Did you mean add\?/],
  [['devices', 'add', 'edge'], /--building/],
  [['devices', 'list', '--jsn'], /Did you mean --json\?/],
  [['users', 'add', 'ana'], /--role/],
  [['quarantine', 'retry', 'twelve'], /number of a pack/],
  [['quarantine', 'drop', 'twelve'], /number of a pack/],
  [
    ['devices', 'add', 'Ana Meter', '--building', 'library'],
    /cannot be a device's id: choose 1 to 64 letters/,
  ],
  [['export', 'library', '--parquet'], /needs --output/],
  [['label', 'add', 'library', '--from', '2026-11-01', '--to', '2026-11-02'], /--reason/],
  [['forecast', '--building', 'x', '--property', 'co2'], /energy, occupancy/],
  [['models', 'rollback'], /--property/],
  [['models', 'promot'], /Did you mean promote\?/],
  [['train', '--property', 'co2'], /energy, occupancy/],
  [['train', '--light'], /--light.*presence/],
  [['train', '--out', 'energy.nadi'], /--out.*file/],
  [['train', '--data', 'none.csv', '--out', '/no/such/folder/energy.nadi'], /no folder/],
  [['import', 'readings.csv'], /--mapping FILE\.yaml/],
  [['import', 'no-such-file.csv', '--building', 'b', '--property', 'co2'], /cannot be read/],
  [['devices', 'list', '--url', 'nonsense'], /no address/],
]

describe('the command line', () => {
  it.each(Object.keys(COMMANDS))('explains %s with an example', async (name) => {
    const { code, stdout, stderr } = await nowhere(name, '--help')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/Usage: nadi/)
    expect(stdout).toMatch(new RegExp(`Examples?:\\n.*nadi ${name}`))
    const named = stdout.match(/(?:examples|docs|scripts|bench)\/[\w./-]*\w/g) ?? []
    expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([])
  })

  it('lists every command, also for "help"', async () => {
    const { code, stdout } = await nadi(['--help'], {})
    expect(code).toBe(0)
    for (const name of Object.keys(COMMANDS)) expect(stdout).toContain(`\n  ${name} `)
    expect((await nowhere('help', 'export')).stdout).toContain('Usage: nadi export')
  })

  it.each(WRONG_USE)('answers %j with exit code 2 and a hint', async (args, hint) => {
    const { code, stdout, stderr } = await nowhere(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(hint)
  })

  it.each(CITY_COMMANDS.map((args) => [args]))(
    'says that no city runs and how to start one, and fails: %j',
    async (args) => {
      const { code, stdout, stderr } = await nowhere(...args)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/No city runs on .*npm start/)
    },
  )

  it('says so, too, when nothing answers at the given address', async () => {
    // Port 9 (discard): nothing listens there.
    const { code, stderr } = await nadi(['devices', 'list', '--url', 'http://127.0.0.1:9'], {})
    expect(code).toBe(1)
    expect(stderr).toMatch(/No city answers at http:\/\/127\.0\.0\.1:9/)
  })

  it('loads nothing at its start but what an edge box has', () => {
    const source = readFileSync(path.join(root, 'cli.ts'), 'utf8')
    const imported = [...source.matchAll(/^import .* from '(.+)'$/gm)].map(([, name]) => name)
    expect(imported.length).toBeGreaterThan(0)
    for (const name of imported)
      expect(name).toMatch(/^(\.\/city\/.*|commander|@commander-js\/extra-typings)$/)
  })
})

describe('nadi config', () => {
  it('prints one JSON document with value, default and source of every setting', async () => {
    const { code, stdout } = await nadi(['config', '--json'], {
      NADI_HTTP_PORT: '9001',
      NADI_INFLUX_URL: 'http://ana:geheim@127.0.0.1:8086/nadi',
    })
    expect(code).toBe(0)
    expect(stdout).not.toContain('geheim')
    const { settings } = JSON.parse(stdout)
    expect(settings).toContainEqual({
      name: 'NADI_HTTP_PORT',
      value: '9001',
      default: '8080',
      source: 'environment',
    })
    expect(settings).toContainEqual(expect.objectContaining({ name: 'NADI_INFLUX_URL' }))
  })

  it.each([
    ['http://ana:ge/heim@127.0.0.1:8086/nadi', undefined],
    ['http://ana:ge%2Fheim@127.0.0.1:8086/nadi', 'http://ana:***@127.0.0.1:8086/nadi'],
    ['http://ana:ge@heim@127.0.0.1:8086/nadi', 'http://ana:***@127.0.0.1:8086/nadi'],
    ['http://ana@home:geheim@127.0.0.1:8086/nadi', 'http://ana%40home:***@127.0.0.1:8086/nadi'],
    ['http://:geheim@127.0.0.1:8086/nadi', 'http://:***@127.0.0.1:8086/nadi'],
    ['http://127.0.0.1:8086/nadi', 'http://127.0.0.1:8086/nadi'],
  ])('masks the password in %s', (url, shown) => {
    const report = () =>
      reportSettings({ NADI_INFLUX_URL: url }).find(({ name }) => name === 'NADI_INFLUX_URL')
    if (shown === undefined) expect(report).toThrow(/settings are wrong/)
    else expect(report()?.value).toBe(shown)
  })

  it('says which setting is wrong and what it should be', async () => {
    const { code, stderr } = await nadi(['config'], { NADI_HTTP_PORT: 'http' })
    expect(code).toBe(2)
    expect(stderr.match(/NADI_HTTP_PORT: a port number/g)).toHaveLength(1)
  })
})
