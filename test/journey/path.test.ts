import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Run, type TestCity, testCity } from '../support/city.ts'
import { until } from '../support/until.ts'

/**
 * The path of a reading from outside: the real city as a process, strangers' clients, the command line, and nothing
 * read but what the API answers.
 */
const root = path.resolve(import.meta.dirname, '../..')
const data = path.resolve(root, '../shared/data')
const hasData = existsSync(data) || process.env['CI'] === 'true'
const DAY = 86_400_000

let city: TestCity
let run: Run
beforeAll(async () => {
  city = await testCity({ NADI_HISTORY_DAYS: '9' })
  run = await city.start()
})
afterAll(() => city[Symbol.asyncDispose]())

interface Item {
  time: string
  value: number
}

/** Every raw item of a Datastream in a range, all pages. */
const raw = async (
  datastream: string,
  from: string,
  to: string,
): Promise<{ timeMs: number; value: number }[]> => {
  const found: { timeMs: number; value: number }[] = []
  const query = new URLSearchParams({ datastream, from, to, bucket: 'raw' })
  let next: string | null = `/v1/series?${query.toString()}`
  while (next) {
    const { status, body } = await city.get(next, city.adminKey())
    expect(status, JSON.stringify(body)).toBe(200)
    for (const { time, value } of body.items as Item[]) found.push({ timeMs: Date.parse(time), value })
    next = body.next
  }
  return found
}

const addDevice = async (
  id: string,
  building: string,
): Promise<{ device: string; password: string; passwordFile: string }> => {
  const { code, stdout, stderr } = await city.nadi('devices', 'add', id, '--building', building, '--json')
  expect(code, stderr).toBe(0)
  const { device, password } = JSON.parse(stdout)
  const passwordFile = path.join(city.dataDir, `${id}.password`)
  writeFileSync(passwordFile, password)
  return { device, password, passwordFile }
}

/** Debian's `mosquitto_pub`, as the README shows it. */
const mosquittoPub = async (
  device: { device: string; password: string },
  payload: string,
): Promise<number | null> => {
  const { hostname, port } = new URL(run.mqtt)
  const child = spawn(
    'mosquitto_pub',
    [
      '-h',
      hostname,
      '-p',
      port,
      '-u',
      device.device,
      '-P',
      device.password,
      '-i',
      device.device,
      '-q',
      '1',
      '-t',
      `nadi/v1/${device.device}/observations`,
      '-m',
      payload,
    ],
    { stdio: 'inherit' },
  )
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

describe('the demonstration city', () => {
  it('serves eight buildings with values that are minutes old, marked as demonstration data', async () => {
    const { body } = await city.get('/v1/buildings')
    expect(body.items).toHaveLength(8)
    for (const building of body.items) expect(building.demonstration).toBe(true)
    const now = await until(
      async () => {
        const { body } = await city.get('/v1/buildings/shared-office/now')
        return body.power?.ageSeconds < 120 && body
      },
      { timeoutMs: 90_000, what: 'a live value of shared-office' },
    )
    expect(now.power).toMatchObject({ state: 'fresh', unit: 'W', demonstration: true })
    const page = await city.get('/')
    expect(page.body).toContain('Data demonstrasi')
  })

  it('has a history without a hole at the seam between past and live', async () => {
    const fromMs = Date.parse(run.startedAt) - 8 * DAY
    const { body } = await city.get(
      `/v1/series?${new URLSearchParams({ datastream: 'shared-office/energy', from: new Date(fromMs).toISOString(), to: run.startedAt, bucket: '1d' }).toString()}`,
    )
    const whole = body.items.slice(1, -1)
    expect(whole.length).toBeGreaterThanOrEqual(6)
    for (const day of whole) expect(day.measured).toBeGreaterThan(0.8)
    const register = await raw(
      'shared-office/energy',
      new Date(fromMs).toISOString(),
      new Date().toISOString(),
    )
    const falls = register.filter(({ value }, i) => i > 0 && value < (register[i - 1]?.value ?? 0))
    expect(falls).toEqual([])
  })

  it('serves a forecast to the end of tomorrow at least', async () => {
    const { body } = await city.get('/v1/buildings/shared-office/forecasts?property=energy')
    expect(body.model.name).toBe('nadi')
    const last = body.items.at(-1)
    const tomorrow = Temporal.Now.zonedDateTimeISO('Asia/Makassar')
      .add({ days: 2 })
      .startOfDay().epochMilliseconds
    expect(Date.parse(last.end)).toBeGreaterThanOrEqual(tomorrow)
    expect(Object.keys(last.quantiles)).toEqual([
      '0.1',
      '0.2',
      '0.3',
      '0.4',
      '0.5',
      '0.6',
      '0.7',
      '0.8',
      '0.9',
    ])
  })
})

describe('a stranger with a new device', () => {
  it('stores a value with mosquitto_pub that the API returns at once', async () => {
    const device = await addDevice('meter-7', 'shared-office')
    const atSeconds = Math.floor(Date.now() / 1000)
    const pack = [{ bn: 'shared-office/floor-2/roof/', bt: atSeconds, n: 'temperature', v: 31.25 }]
    expect(await mosquittoPub(device, JSON.stringify(pack))).toBe(0)
    const found = await raw(
      'shared-office/floor-2/roof/temperature',
      new Date((atSeconds - 1) * 1000).toISOString(),
      new Date((atSeconds + 1) * 1000).toISOString(),
    )
    expect(found).toEqual([{ timeMs: atSeconds * 1000, value: 31.25 }])
  })

  it('quarantines what it cannot understand, says why, and acknowledges it', async () => {
    const device = await addDevice('meter-8', 'library')
    expect(await mosquittoPub(device, 'no senml at all')).toBe(0)
    const { stdout } = await city.nadi('quarantine', 'list', '--json')
    const packs = JSON.parse(stdout).items.filter((pack: { device: string }) => pack.device === 'meter-8')
    expect(packs).toHaveLength(1)
    expect(packs[0].reason).toMatch(/JSON/)
  })

  it('is not let in without a password or with a wrong one', async () => {
    expect(await mosquittoPub({ device: 'meter-7', password: 'guess' }, '[]')).not.toBe(0)
  })
})

describe.skipIf(!hasData)('real data, replayed through a real agent', () => {
  const linesOf = (file: string): string[] =>
    gunzipSync(readFileSync(path.join(data, file)))
      .toString('utf8')
      .trimEnd()
      .split('\n')

  /** Cells by line, read here with nothing of the project. */
  const cells = (lines: readonly string[]): string[][] => lines.map((line) => line.trimEnd().split(','))

  const replay = async (
    file: string,
    mapping: string,
    building: string,
    from: string,
    to: string,
  ): Promise<void> => {
    const { device, passwordFile } = await addDevice(`replay-${building}`, building)
    const { code, stderr } = await city.nadi(
      'edge',
      '--replay',
      file,
      '--mapping',
      path.join(root, 'examples/import', mapping),
      '--speed',
      'max',
      '--from',
      from,
      '--to',
      to,
      '--url',
      run.mqtt,
      '--device',
      device,
      '--password-file',
      passwordFile,
      '--building',
      building,
    )
    expect(code, stderr).toBe(0)
  }

  it('reads back a day of cambridge exactly', async () => {
    await replay(
      path.join(data, 'cambridge/electricity-2017-2019.csv.gz'),
      'cambridge-electricity.yaml',
      'cambridge',
      '2018-03-14T00:00:00Z',
      '2018-03-15T00:00:00Z',
    )
    const [header = [], ...rows] = cells(linesOf('cambridge/electricity-2017-2019.csv.gz'))
    const day = rows.filter(([time]) => time?.startsWith('2018-03-14'))
    expect(day).toHaveLength(24)
    let found = 0
    for (let column = 1; column < header.length; column += 1) {
      const expected = day
        .filter((row) => row[column] !== '')
        .map((row) => ({ timeMs: Date.parse(`${row[0]?.replace(' ', 'T')}Z`), value: Number(row[column]) }))
      found += expected.length
      if (expected.length === 0) continue
      expect(
        await raw(`cambridge/${header[column]}/energy`, '2018-03-13T00:00:00Z', '2018-03-16T00:00:00Z'),
      ).toEqual(expected)
    }
    expect(found).toBeGreaterThan(1500)
  })

  it('reads back a day of warsaw-offices exactly', async () => {
    // Three days of nine years: to look through all of them takes most of a minute.
    const lines = linesOf('warsaw-offices/queues.csv.gz').filter((line) =>
      /^(date|2020-01-1[456]),/.test(line),
    )
    const file = path.join(city.dataDir, 'queues.csv')
    writeFileSync(file, `${lines.join('\n')}\n`)
    await replay(
      file,
      'warsaw-queues.yaml',
      'warsaw',
      '2020-01-15T00:00:00+01:00',
      '2020-01-16T00:00:00+01:00',
    )
    const [header = [], ...rows] = cells(lines)
    const column = (name: string): number => header.indexOf(name)
    const expected = new Map<string, Map<number, number>>()
    for (const row of rows) {
      if (row[column('date')] !== '2020-01-15' || row[column('waiting')] === '') continue
      const office = row[column('office')]?.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')
      const series = `warsaw/${office}/${row[column('queue')]}/waiting`
      const timeMs = Date.parse(`2020-01-15T${row[column('time')]}:00+01:00`)
      // A repeated time keeps its last value.
      let values = expected.get(series)
      if (!values) expected.set(series, (values = new Map()))
      values.set(timeMs, Number(row[column('waiting')]))
    }
    expect(expected.size).toBeGreaterThan(50)
    for (const [series, values] of expected) {
      const sorted = [...values].sort(([a], [b]) => a - b).map(([timeMs, value]) => ({ timeMs, value }))
      expect(await raw(series, '2020-01-14T23:00:00Z', '2020-01-15T23:00:00Z'), series).toEqual(sorted)
    }
  })
})

describe('the air quality flow', () => {
  const notices = async (about: string): Promise<unknown[]> => {
    const { body } = await city.get('/v1/notices', city.adminKey())
    return body.items.filter((notice: { about: string }) => notice.about === about)
  }
  const flowsPid = (): number | undefined => {
    const file = path.join(city.dataDir, 'children/flows.json')
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).pid : undefined
  }

  it('tells the operators when CO2 rises above the limit, and only while Node-RED runs', async () => {
    const device = await addDevice('air', 'clinic')
    const publish = (zone: string, ppm: number) =>
      mosquittoPub(device, JSON.stringify([{ n: `clinic/${zone}/co2`, v: ppm }]))
    // Made before the flow looks for Datastreams again when it is started anew, further below.
    await publish('test-zone-a', 500)
    await publish('test-zone-b', 500)

    const before = flowsPid()
    process.kill(Number(before), 'SIGSTOP')
    await publish('test-zone-a', 1500)
    expect(await notices('clinic/test-zone-a/co2')).toEqual([])
    process.kill(Number(before), 'SIGKILL')

    await until(() => flowsPid() !== undefined && flowsPid() !== before, { what: 'Node-RED, started again' })
    await until(async () => (await notices('clinic/test-zone-a/co2')).length > 0, {
      timeoutMs: 30_000,
      what: 'the notice',
    })
    await publish('test-zone-b', 1400)
    await until(async () => (await notices('clinic/test-zone-b/co2')).length > 0, {
      timeoutMs: 30_000,
      what: 'the second notice',
    })
    expect(await notices('clinic/test-zone-a/co2')).toHaveLength(1)
    expect((await city.get('/v1/notices')).status).toBe(401)
  })

  it("keeps Node-RED's editor behind the city's login", async () => {
    expect((await fetch(`${run.http}/flows/`, { redirect: 'manual' })).status).not.toBe(200)
    const { status, body } = await city.get('/flows/', city.adminKey())
    expect(status).toBe(200)
    expect(body).toContain('Nadi')
  })
})
