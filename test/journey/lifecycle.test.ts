import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processIdentity } from '../../launch/processIdentity.ts'
import { type Run, testCity, type TestCity } from '../support/city.ts'
import { until } from '../support/until.ts'

/** The city's child processes, as it wrote them down. */
const children = (city: TestCity): { pid: number; identity: string }[] => {
  const folder = path.join(city.dataDir, 'children')
  return readdirSync(folder).map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')))
}
const alive = ({ pid, identity }: { pid: number; identity: string }): boolean =>
  processIdentity(pid) === identity

describe('a city from start to stop', () => {
  let city: TestCity
  let run: Run
  beforeAll(async () => {
    city = await testCity()
  })
  afterAll(() => city[Symbol.asyncDispose]())

  it('refuses a second city on the same data folder and leaves the first alone', async () => {
    run = await city.start()
    const second = await startExpectingFailure(city, {})
    expect(second).toMatch(/runs on .* already \(process \d+\).*NADI_DATA_DIR/)
    expect((await city.get('/healthz')).status).toBe(200)
  })

  it('closes everything on Ctrl-C, even twice, and starts again after a kill with nothing left over', async () => {
    expect(city.output()).toContain(run.http)
    expect(city.output()).toContain('/setup/')
    const first = children(city)
    // One edge agent for each of eight buildings, and Node-RED.
    expect(first).toHaveLength(9)

    city.process().kill('SIGINT')
    city.process().kill('SIGINT')
    expect(await city.ended()).toBe(0)
    expect(first.filter(alive)).toEqual([])
    expect(existsSync(path.join(city.dataDir, 'run.json'))).toBe(false)

    await city.start()
    const second = children(city)
    city.process().kill('SIGKILL')
    expect(await city.ended()).toBe('SIGKILL')
    await until(() => !second.some(alive), { what: 'the end of all children' })

    await city.start()
    expect((await city.get('/healthz')).status).toBe(200)
    city.process().kill('SIGTERM')
    expect(await city.ended()).toBe(0)
  })

  it.each([
    ['NADI_HTTP_PORT', 'page and API'],
    ['NADI_MQTT_PORT', 'broker'],
    ['NADI_FLOWS_PORT', 'Node-RED'],
  ])('names a busy port and %s', async (setting) => {
    await using city = await testCity()
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const address = squatter.address()
    const port = typeof address === 'object' && address ? address.port : 0
    await expect(city.start({ [setting]: String(port) })).rejects.toThrow(
      new RegExp(`(${port}[\\s\\S]*${setting})`),
    )
    expect(await city.ended()).toBe(1)
    squatter.close()
  })

  it('stops at a wrong city file with the path of the field and what it should be', async () => {
    await using city = await testCity({ NADI_CITY: 'test/journey/wrong-city.yaml' })
    await expect(city.start()).rejects.toThrow(/wrong-city\.yaml:\d+:\d+[\s\S]*capacityPeople/)
    expect(await city.ended()).toBe(1)
  })
})

/** What a second process on the same folder prints before it ends. */
const startExpectingFailure = async (city: TestCity, env: Record<string, string>): Promise<string> => {
  const { spawn } = await import('node:child_process')
  const root = path.resolve(import.meta.dirname, '../..')
  const child = spawn(process.execPath, [path.join(root, 'main.ts')], {
    cwd: root,
    env: {
      ...process.env,
      NADI_DATA_DIR: city.dataDir,
      NADI_HTTP_PORT: '0',
      NADI_MQTT_PORT: '0',
      NADI_FLOWS_PORT: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = await once(child, 'exit')
  expect(code).toBe(1)
  return output
}
