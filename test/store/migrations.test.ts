import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import { restoreCity } from '../../launch/backup/restore.ts'
import { openDatabase } from '../../store/embedded/database.ts'
import { FILE, LAYOUTS } from '../../store/embedded/names.ts'
import { FIRST, makeFirstLayout } from '../fixtures/firstLayout.ts'
import { openKept } from '../launch/keptCity.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { silent } from './catalogueFixture.ts'

const HOUR_MS = 3_600_000

/** Asks today's program for everything that the first layout held. */
const expectAllAnswers = async (dataDir: string): Promise<void> => {
  await using city = await openKept(dataDir)
  const { catalogue, observations, forecasts } = city
  expect(catalogue.things.list()).toEqual([
    { id: 1, path: 'library', brickClass: 'Building' },
    { id: 2, path: 'library/floor-1', brickClass: null },
  ])
  expect(catalogue.datastreams.find('library/temperature')).toMatchObject({
    id: 1,
    unit: 'Cel',
    intervalSeconds: 1800,
  })
  expect(catalogue.datastreams.find('library/floor-1/occupancy')).toMatchObject({ id: 2, undeclared: true })
  const { id, password } = FIRST.device
  expect(catalogue.devices.authenticate(id, password)?.device).toMatchObject({
    building: 'library',
    status: 'online',
    lastSeenMs: 3,
    forbiddenCount: 4,
  })
  expect(catalogue.keys.authenticate(FIRST.key)).toMatchObject({ name: 'first', role: 'administrator' })
  expect(catalogue.quarantine.find(7)).toMatchObject({ reason: 'no SenML', payload: new Uint8Array([123]) })
  expect([catalogue.quarantine.count(), catalogue.quarantine.dropped()]).toEqual([9, 8])
  expect(catalogue.notices.list()).toMatchObject([{ id: 3, severity: 'alarm', message: 'too warm' }])
  expect(forecasts.newest('library', 'energy')).toMatchObject({
    issuedAtMs: FIRST.startMs,
    hours: [{ startMs: FIRST.startMs, quantiles: FIRST.quantiles }],
  })
  expect((await city.everything()).get('library/temperature')).toEqual(FIRST.temperatures)
  expect((await observations.latest([1])).get(1)).toEqual(FIRST.temperatures.at(-1))
  const hours = await observations.buckets({
    datastreamId: 1,
    kind: 'instant',
    bucket: { unit: 'h', count: 1 },
    timeZone: 'Asia/Makassar',
    fromMs: FIRST.startMs,
    toMs: FIRST.startMs + 24 * HOUR_MS,
  })
  expect(hours.map(({ mean }) => mean)).toEqual(
    Array.from({ length: 24 }, (_, i) => (i === 1 ? (21 + 99) / 2 : 20.25 + i)),
  )
  // And it goes on: new readings, an audit log that begins.
  await city.intake.append([{ datastream: 'library/floor-1/co2', timeMs: FIRST.startMs, value: 600 }])
  expect(catalogue.datastreams.find('library/floor-1/co2')?.id).toBe(3)
  expect((await catalogue.audit.verify()).problem).toBeNull()
}

describe('a data folder of the first layout', () => {
  it('is opened by this version with every answer right, again and again', async () => {
    await using folder = await temporaryFolder()
    await makeFirstLayout(folder.path)
    await expectAllAnswers(folder.path)
    await using again = await openKept(folder.path)
    expect((await again.everything()).get('library/floor-1/co2')).toHaveLength(1)
  })

  it('is restored from a backup that a version of then wrote', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'first.tar')
    await makeFirstBackup(path.join(folder.path, 'made'), file)
    const restored = await restoreCity({
      file,
      dataDir: path.join(folder.path, 'restored'),
      settings: { store: 'embedded', influxUrl: undefined },
      force: false,
      log: silent,
      now: Date.now,
      onProgress: () => undefined,
    })
    expect(restored).toMatchObject({ points: 48, createdAt: '2026-11-24T00:00:00.000Z', auditProblem: null })
    expect(readFileSync(path.join(restored.dataDir, 'flows.txt'), 'utf8')).toBe('a file of then')
    await expectAllAnswers(restored.dataDir)
  })
})

describe('layouts of the embedded store', () => {
  const versionOf = async (folder: string): Promise<unknown> => {
    const instance = await DuckDBInstance.create(path.join(folder, FILE))
    const connection = await instance.connect()
    const rows = (
      await connection.runAndReadAll('select version, (select count(*) from cold) from layout')
    ).getRows()
    connection.closeSync()
    instance.closeSync()
    return rows.map(([version, cold]) => [version, Number(cold)])
  }
  const open = async (folder: string, layouts: readonly string[]): Promise<void> =>
    (await openDatabase(folder, '100MB', layouts)).closeSync()

  it('are brought up one after the other, each once', async () => {
    await using folder = await temporaryFolder()
    await makeFirstLayout(folder.path)
    const observations = path.join(folder.path, 'observations')
    const second = 'alter table cold add column quality integer; delete from cold where t % 2 = 1'
    const third = 'insert into cold select 2, t, v, run, 1 from cold'
    await open(observations, [...LAYOUTS.slice(0, 1), second])
    await open(observations, [...LAYOUTS.slice(0, 1), second, third])
    await open(observations, [...LAYOUTS.slice(0, 1), second, third])
    expect(await versionOf(observations)).toEqual([[3, 80]])
  })

  it('leave the one before whole when a step fails, and a newer one is refused', async () => {
    await using folder = await temporaryFolder()
    await makeFirstLayout(folder.path)
    const observations = path.join(folder.path, 'observations')
    const broken =
      'alter table cold add column quality integer; delete from cold; insert into nowhere values (1)'
    await expect(open(observations, [...LAYOUTS.slice(0, 1), broken])).rejects.toMatchObject({
      code: 'store-unavailable',
    })
    expect(await versionOf(observations)).toEqual([[1, 40]])
    await open(observations, [...LAYOUTS.slice(0, 1), 'create table other(x integer)'])
    await expect(open(observations, LAYOUTS.slice(0, 1))).rejects.toThrow(
      /newer Nadi \(layout 2, this one knows 1\)/,
    )
  })
})

/** A backup of version 1, made of the first layout by `tar` and nothing of ours. */
const makeFirstBackup = async (made: string, file: string): Promise<void> => {
  const data = path.join(made, 'data')
  await makeFirstLayout(data)
  const observations = path.join(made, 'observations')
  mkdirSync(observations)
  const instance = await DuckDBInstance.create(path.join(data, 'observations', FILE))
  const connection = await instance.connect()
  await connection.run(`copy (
    select ds, t::bigint as t, arg_max(v, n) as v
    from (select ds, t, v, -1 as n from cold union all select ds, t, v, seq as n from hot) group by ds, t order by ds, t
  ) to '${path.join(observations, '000001.parquet')}' (format parquet, compression zstd)`)
  connection.closeSync()
  instance.closeSync()
  for (const name of ['catalogue', 'forecasts']) {
    const db = new DatabaseSync(path.join(data, `${name}.sqlite`))
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    db.close()
  }
  const names = [
    'observations/000001.parquet',
    'data/catalogue.sqlite',
    'data/forecasts.sqlite',
    'data/flows.txt',
  ]
  const files = names.map((name) => ({
    path: name,
    bytes: statSync(path.join(made, name)).size,
    sha256: createHash('sha256')
      .update(readFileSync(path.join(made, name)))
      .digest('hex'),
  }))
  const header = '{"format":"nadi-backup","version":1,"createdAt":"2026-11-24T00:00:00.000Z"}'
  const manifest = JSON.stringify({ files, points: 48 })
  writeFileSync(path.join(made, 'nadi-backup.json'), header)
  writeFileSync(path.join(made, 'manifest.json'), manifest)
  const seal = createHash('sha256')
    .update(header + manifest)
    .digest('hex')
  writeFileSync(path.join(made, 'manifest.sha256'), `${seal}\n`)
  const order = ['nadi-backup.json', ...names, 'manifest.json', 'manifest.sha256']
  execFileSync('tar', ['--format=ustar', '-C', made, '-cf', file, ...order])
}
