import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import mqtt from 'mqtt'
import { expect, it } from 'vitest'
import { type TestCity, testCity } from '../support/city.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { until } from '../support/until.ts'

/** A city without demonstration, so that its numbers stand still; Node-RED runs elsewhere, that is nowhere. */
const CITY = `
name: { id: Kota, en: City }
timeZone: Asia/Makassar
tariffRupiahPerKwh: 1500
holidays: []
buildings:
  - id: library
    name: { id: Perpustakaan, en: Library }
    use: library
    areaSquareMetres: 2000
    capacityPeople: 200
    airConditioned: true
    geometry:
      type: Polygon
      coordinates: [[[116.70, -0.97], [116.71, -0.97], [116.71, -0.96], [116.70, -0.97]]]
`
const DAYS = 25
const HOUR_MS = 3_600_000

/** Each GET route of the document with parameters that give something; `undefined`: why it is not compared. */
const QUESTIONS: Readonly<Record<string, readonly string[] | string>> = {
  '/v1/buildings': ['/v1/buildings', '/v1/buildings?limit=1'],
  '/v1/buildings/{building}': ['/v1/buildings/library', '/v1/buildings/estate'],
  '/v1/buildings/{building}/now': ['/v1/buildings/library/now', '/v1/buildings/estate/now'],
  '/v1/buildings/{building}/forecasts': [
    '/v1/buildings/library/forecasts?property=energy',
    '/v1/buildings/library/forecasts?property=occupancy',
  ],
  '/v1/buildings/{building}/occupancy': 'follows from the readings, the forecasts and the clock',
  '/v1/buildings/{building}/best-time': 'follows from the forecasts and the clock',
  '/v1/buildings/{building}/comfort': 'follows from the readings, the votes and the clock',
  '/v1/buildings/{building}/energy': 'follows from the readings, the forecasts and the clock',
  '/v1/datastreams': ['/v1/datastreams', '/v1/datastreams?thing=library'],
  '/v1/series': ['raw', '5m', '1h', '1d'].flatMap((bucket) =>
    ['library/energy', 'library/occupancy', 'estate/a/temperature', 'library/floor-1/co2'].map(
      (name) => `/v1/series?datastream=${name}&from=FROM&to=TO&bucket=${bucket}&limit=1000`,
    ),
  ),
  '/v1/models': ['/v1/models', '/v1/models?property=energy'],
  '/v1/models/{id}': 'by an id that is its own: the list holds all of it but its scores',
  '/v1/models/{id}/file': 'no JSON; its checksum is in the list',
  '/v1/models/{id}/comparison': 'follows from the scores',
  '/v1/trainings/{id}': 'tells of the process',
  '/v1/quality': ['/v1/quality', '/v1/quality?thing=library'],
  '/v1/labels': ['/v1/labels'],
  '/v1/shared-offices': 'follows from the forecasts and the clock',
  '/v1/votes': ['/v1/votes?building=library&period=month'],
  '/v1/votes/changes': ['/v1/votes/changes'],
  '/v1/reports': ['/v1/reports'],
  '/v1/reports/status/{token}': 'by a link that is told once: the list holds the same',
  '/v1/export': 'a file of what /v1/series tells; its route is the same code over the same store',
  '/v1/stream': 'a stream tells what comes, not what is kept',
  '/v1/notices': ['/v1/notices'],
  '/v1/devices': ['/v1/devices'],
  '/v1/devices/{id}/check': 'tells mostly of the time since the start of the process',
  '/v1/certificates': ['/v1/certificates'],
  '/v1/authority': ['/v1/authority'],
  '/v1/authority/revocations': 'is signed anew by each process; its entries are those of the certificates',
  '/v1/users': ['/v1/users'],
  '/v1/keys': ['/v1/keys'],
  '/v1/quarantine': ['/v1/quarantine'],
  '/v1/audit': 'goes on with the restore: compared below',
  '/v1/audit/head': 'compared below',
  '/v1/audit/verification': 'compared below',
  '/healthz': 'tells of the process',
  '/readyz': ['/readyz'],
  '/metrics': 'counts since the start of the process',
}

const SINCE_MS = Math.floor(Date.now() / HOUR_MS - 24 * DAYS) * HOUR_MS
const untilMs = SINCE_MS + 24 * DAYS * HOUR_MS

/** Answers of all questions, by address; times that only tell of now are left out. */
const askAll = async (city: TestCity): Promise<Map<string, unknown>> => {
  const answers = new Map<string, unknown>()
  for (const addresses of Object.values(QUESTIONS)) {
    if (typeof addresses === 'string') continue
    for (const asked of addresses) {
      const address = asked
        .replace('FROM', new Date(SINCE_MS).toISOString())
        .replace('TO', new Date(untilMs).toISOString())
      const { status, body } = await city.get(address, city.adminKey())
      answers.set(address, [status, JSON.parse(JSON.stringify(body, withoutNow))])
    }
  }
  return answers
}

/** Sums may differ in their last digits, because they were added in another order. */
const withoutNow = (key: string, value: unknown): unknown => {
  // How old a value is, and a port that the system chose.
  if (key === 'ageSeconds' || key === 'mqtts') return undefined
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(12)) : value
}

/** Hourly energy, people and temperature of the past weeks. */
const history = (header: string, at: (hour: number) => number): string =>
  [
    `time,${header}`,
    ...Array.from(
      { length: 24 * DAYS },
      (_, hour) => `${new Date(SINCE_MS + hour * HOUR_MS).toISOString()},${at(hour)}`,
    ),
  ].join('\n')

it('a city under load is backed up, restored into a new folder, and answers everything as before', async () => {
  await using folder = await temporaryFolder()
  const cityFile = path.join(folder.path, 'city.yaml')
  writeFileSync(cityFile, CITY)
  const settings = { NADI_CITY: cityFile, NADI_FLOWS_URL: 'http://127.0.0.1:9' }
  await using city = await testCity(settings)
  const run = await city.start()
  const must = async (...args: string[]) => {
    const result = await city.nadi(...args)
    expect(result.code, result.stderr).toBe(0)
    return result.stdout
  }
  const imported = async (name: string, text: string, property: string, unit: string, kind: string) => {
    const file = path.join(folder.path, `${name}-${property}.csv`)
    writeFileSync(file, text)
    await must('import', file, '--building', name, '--property', property, '--unit', unit, '--kind', kind)
  }
  await imported(
    'estate',
    history('a', (hour) => 20 + (hour % 24) / 7),
    'temperature',
    'Cel',
    'instant',
  )
  const device: { password: string } = JSON.parse(
    await must('devices', 'add', 'gate-1', '--building', 'library', '--json'),
  )
  await must('users', 'add', 'siti', '--role', 'operator')
  const key: { key: string } = JSON.parse(await must('keys', 'add', '--role', 'operator', '--json'))
  const connect = (url: string) =>
    mqtt.connectAsync(url, { username: 'gate-1', password: device.password, clientId: 'gate-1' })
  const gate = await connect(run.mqtt)
  const publish = (pack: unknown) =>
    gate.publishAsync('nadi/v1/gate-1/observations', JSON.stringify(pack), { qos: 1 })
  for (let day = 0; day < DAYS; day += 1) {
    await publish(
      Array.from({ length: 24 }, (_, hour) => day * 24 + hour).flatMap((hour) => [
        { n: 'library/energy', t: SINCE_MS / 1000 + hour * 3600, v: 100 + 7.3 * hour + Math.sin(hour) },
        { n: 'library/occupancy', t: SINCE_MS / 1000 + hour * 3600, v: hour % 24 > 7 ? 60 + (hour % 5) : 3 },
        { n: 'library/floor-1/co2', t: SINCE_MS / 1000 + hour * 3600, v: 500 + (hour % 24) * 11.1 },
      ]),
    )
  }
  await gate.publishAsync('nadi/v1/gate-1/observations', '{', { qos: 1 })
  const post = async (address: string, body: object) => {
    const { ok } = await fetch(`${run.http}${address}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(ok, address).toBe(true)
  }
  await post('/v1/notices', { severity: 'info', about: 'library', message: 'for the record' })
  await post('/v1/votes', { building: 'library', choice: 'warm' })
  await post('/v1/votes/changes', { building: 'library', date: '2026-11-23', text: { id: 'Kipas' } })
  await post('/v1/reports', { building: 'library', category: 'lift', text: 'It stops on floor 4' })
  await until(
    async () => (await city.get('/v1/buildings/library/forecasts?property=energy')).status === 200,
    { what: 'a forecast', timeoutMs: 60_000 },
  )

  // Readings whose value is their number keep coming while the first backup is made.
  const load = { acknowledged: 0, stopped: false }
  const sending = (async () => {
    while (!load.stopped) {
      await publish([
        { n: 'library/floor-2/temperature', t: SINCE_MS / 1000 + load.acknowledged, v: load.acknowledged },
      ])
      load.acknowledged += 1
    }
  })()
  await until(() => load.acknowledged > 100, { what: 'load' })
  const acknowledged = load.acknowledged
  const first = path.join(folder.path, 'under-load.tar')
  await must('backup', first)
  expect(statSync(first).mode & 0o777).toBe(0o600)
  load.stopped = true
  await sending
  expect(load.acknowledged).toBeGreaterThan(acknowledged)
  await gate.endAsync()

  expect((await city.nadi('backup', first)).stderr).toMatch(/is there already/)
  const { body: document } = await city.get('/openapi.json')
  const documented = Object.entries<Record<string, unknown>>(document.paths)
    .filter(([, methods]) => 'get' in methods)
    .map(([at]) => at)
  expect(documented.sort()).toEqual(Object.keys(QUESTIONS).sort())
  const last = path.join(folder.path, 'last.tar')
  const before = await askAll(city)
  const head = (await city.get('/v1/audit/head', city.adminKey())).body
  await must('backup', last)

  await using other = await testCity(settings)
  expect((await city.nadi('restore', last)).stderr).toMatch(/is not empty/)
  await must('restore', last, '--data-dir', other.dataDir)
  const again = await other.start()
  expect(await askAll(other)).toEqual(before)
  const verified = await other.nadi('audit', 'verify', '--head', head.hash, '--json')
  expect(JSON.parse(verified.stdout)).toMatchObject({ problem: null })
  const added = await other.get(`/v1/audit?after=${head.seq}&action=restore`, other.adminKey())
  expect(added.body.items).toMatchObject([{ actor: { kind: 'city', id: 'restore' }, subject: 'last.tar' }])
  const gateAgain = await connect(again.mqtt)
  await gateAgain.publishAsync('nadi/v1/gate-1/observations', '[{"n":"library/co2","v":600}]', { qos: 1 })
  await gateAgain.endAsync()

  await using loaded = await testCity(settings)
  await must('restore', first, '--data-dir', loaded.dataDir)
  await loaded.start()
  const from = new Date(SINCE_MS).toISOString()
  const kept = await loaded.get(
    `/v1/series?datastream=library/floor-2/temperature&from=${from}&limit=20000`,
    loaded.adminKey(),
  )
  const values = new Set(kept.body.items.map(({ value }: { value: number }) => value))
  const lost = Array.from({ length: acknowledged }, (_, number) => number).filter(
    (number) => !values.has(number),
  )
  expect(lost).toEqual([])

  loaded.process().kill('SIGTERM')
  await loaded.ended()
  mkdirSync(path.join(loaded.dataDir, '.restoring'))
  await expect(loaded.start()).rejects.toThrow(/was interrupted.*nadi restore/)
})
