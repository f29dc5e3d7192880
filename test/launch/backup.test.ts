import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Reading } from '../../city/observation.ts'
import { TAR_END, tarHeader, tarPadding } from '../../launch/backup/tar.ts'
import { lockDataDir } from '../../launch/lock.ts'
import { startInflux } from '../support/influx.ts'
import { keptCity, openKept } from './keptCity.ts'

const START_MS = Date.UTC(2026, 10, 1)
const HOUR_MS = 3_600_000

/** Readings of a few Datastreams, each its own value. */
const readings = (from: number, count: number): Reading[] =>
  Array.from({ length: count }, (_, i) => ({
    datastream: `library/floor-${(from + i) % 7}/temperature`,
    timeMs: START_MS + (from + i) * 60_000,
    value: 20 + (from + i) / 1_000,
  }))

describe('a backup of a city that runs on', () => {
  it('holds everything that was acknowledged before it began, and no reading without its Datastream', async () => {
    await using city = await keptCity()
    const load = { sent: 0, acknowledged: 0, stopped: false }
    const send = async (): Promise<void> => {
      while (!load.stopped) {
        const pack = readings(load.sent, 50)
        const fresh = { datastream: `library/room-${load.sent}/co2`, timeMs: START_MS, value: load.sent }
        const withFresh = load.sent % 250 === 0
        load.sent += pack.length
        await city.intake.append(withFresh ? [...pack, fresh] : pack)
        load.acknowledged += pack.length
        await nextTurn()
      }
    }
    const sending = Promise.all([send(), send(), send()])
    while (load.acknowledged < 5_000) await nextTurn()
    const before = await city.everything()
    const acknowledgedBefore = load.acknowledged
    await city.backupTo(city.archive)
    expect(load.acknowledged).toBeGreaterThan(acknowledgedBefore)
    load.stopped = true
    await sending

    const restored = await city.restore()
    await using again = await openKept(restored.dataDir)
    const after = await again.everything()
    for (const [name, samples] of before) {
      const found = new Map(after.get(name)?.map(({ timeMs, value }) => [timeMs, value]))
      expect(samples.filter(({ timeMs, value }) => found.get(timeMs) !== value)).toEqual([])
    }
    const points = after.values().reduce((sum, samples) => sum + samples.length, 0)
    expect(points).toBe(restored.points)
    // A Datastream that is new after the restore must not be taken for one that has readings.
    await again.intake.append([{ datastream: 'museum/co2', timeMs: START_MS + 1, value: 1 }])
    expect((await again.everything()).get('museum/co2')).toEqual([{ timeMs: START_MS + 1, value: 1 }])
  })

  it('answers after the restore as before it, from hot and cold rows, replaced and late ones', async () => {
    await using city = await keptCity()
    await city.intake.append(readings(0, 5_000))
    await city.intake.append(readings(100, 50).map((it) => ({ ...it, value: -1 })))
    const { observations } = city
    if ('compact' in observations && typeof observations.compact === 'function') await observations.compact()
    await city.intake.append(readings(5_000, 300))
    await city.intake.append(readings(200, 50).map((it) => ({ ...it, value: -2 })))
    const rows = async (of: typeof city.catalogue, store: typeof observations) =>
      Promise.all(
        of.datastreams.list().map(({ id, path: name }) =>
          store
            .buckets({
              datastreamId: id,
              kind: 'instant',
              bucket: { unit: 'h', count: 1 },
              timeZone: 'Asia/Makassar',
              fromMs: START_MS,
              toMs: START_MS + 100 * HOUR_MS,
            })
            .then((buckets) => [name, JSON.stringify(buckets, rounded)]),
        ),
      )
    const before = [await city.everything(), await rows(city.catalogue, observations)]
    await city.backupTo(city.archive)
    const { dataDir } = await city.restore()
    await using again = await openKept(dataDir)
    expect([await again.everything(), await rows(again.catalogue, again.observations)]).toEqual(before)
  })

  it('keeps keys, passwords as hashes, quarantine, forecasts, files and the chain of the audit log', async () => {
    await using city = await keptCity()
    const password = city.catalogue.devices.add('gate-1', 'library')
    const { key } = city.catalogue.keys.add('operator', 'dashboard')
    await city.catalogue.users.add('siti', 'operator', 'correct horse battery')
    city.catalogue.quarantine.add({
      device: 'gate-1',
      topic: 't',
      arrivedMs: START_MS,
      reason: 'no SenML',
      payload: Buffer.from([0, 1, 2]),
    })
    city.forecasts.put({
      building: 'library',
      property: 'energy',
      issuedAtMs: START_MS,
      model: { name: 'm', version: '1' },
      hours: [{ startMs: START_MS, endMs: START_MS + HOUR_MS, quantiles: [1, 2, 3, 4, 5, 6, 7, 8, 9] }],
      days: [],
    })
    const head = city.catalogue.audit.record({
      actor: { kind: 'city', id: 'test' },
      action: 'test',
      subject: 'x',
    })
    const kept = [
      'flows/flows.json',
      'flows-link/credentials',
      'secrets/authority/key.pem',
      'models/a/b.json',
    ]
    for (const name of kept) city.keep(name, `content of ${name}`)
    const leftOut = [
      'secrets/devices/edge-library',
      'edge/library.json',
      'edge/library.sqlite',
      'run.json',
      'scratch/x',
    ]
    for (const name of leftOut) city.keep(name, 'secret of the moment')

    await city.backupTo(city.archive)
    expect(readFileSync(city.archive).includes('secret of the moment')).toBe(false)
    expect(readFileSync(city.archive).includes(password)).toBe(false)
    const { dataDir, auditProblem } = await city.restore()
    expect(auditProblem).toBeNull()
    for (const name of kept) {
      expect(readFileSync(path.join(dataDir, name), 'utf8')).toBe(`content of ${name}`)
      expect(statSync(path.join(dataDir, name)).mode & 0o777).toBe(0o600)
    }
    for (const name of leftOut.slice(0, 4)) expect(existsSync(path.join(dataDir, name)), name).toBe(false)
    await using again = await openKept(dataDir)
    expect(again.catalogue.devices.authenticate('gate-1', password)?.device.building).toBe('library')
    expect(again.catalogue.keys.authenticate(key)?.name).toBe('dashboard')
    expect((await again.catalogue.users.authenticate('siti', 'correct horse battery'))?.role).toBe('operator')
    expect(again.catalogue.quarantine.find(1)?.payload).toEqual(new Uint8Array([0, 1, 2]))
    expect(again.forecasts.newest('library', 'energy')).toEqual(city.forecasts.newest('library', 'energy'))
    const next = again.catalogue.audit.list({ afterSeq: head.seq })
    expect(next).toMatchObject([{ action: 'restore', previousHash: head.hash, subject: 'backup.tar' }])
    expect(await again.catalogue.audit.verify({ head: head.hash })).toMatchObject({
      entries: 2,
      problem: null,
    })
  })

  it('is an archive that tar reads, and leaves nothing behind in the data folder', async () => {
    await using city = await keptCity()
    await city.intake.append(readings(0, 10))
    await city.backupTo(city.archive)
    const names = execFileSync('tar', ['tf', city.archive], { encoding: 'utf8' }).trim().split('\n')
    expect(names[0]).toBe('nadi-backup.json')
    expect(names.slice(-2)).toEqual(['manifest.json', 'manifest.sha256'])
    expect(names).toEqual(expect.arrayContaining(['data/catalogue.sqlite', 'observations/000001.parquet']))
    expect(readdirSync(city.files.scratch)).toEqual([])
  })

  it('is made once at a time, and given up when its reader goes', async () => {
    await using city = await keptCity()
    await city.intake.append(readings(0, 1_000))
    const first = city.backup(new AbortController().signal)[Symbol.asyncIterator]()
    await first.next()
    const second = city.backup.bind(undefined, new AbortController().signal)
    expect(second).toThrow(/being made already/)
    await first.return?.()
    expect(readdirSync(city.files.scratch)).toEqual([])
    await city.backupTo(city.archive)
  })
})

describe('restoring', () => {
  it('refuses an archive with any changed byte, or cut off anywhere, and writes nothing', async () => {
    await using city = await keptCity()
    await city.intake.append(readings(0, 200))
    city.keep('flows/flows.json', '[]')
    await city.backupTo(city.archive)
    const whole = readFileSync(city.archive)
    const target = path.join(city.folder, 'target')
    const refused = async (bytes: Buffer): Promise<void> => {
      writeFileSync(city.archive, bytes)
      await expect(city.restore({ dataDir: target })).rejects.toMatchObject({ code: 'invalid-input' })
      expect(existsSync(target)).toBe(false)
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = Buffer.from(whole)
        damaged[at] = (damaged[at] ?? 0) ^ change
        await refused(damaged)
      }),
      { numRuns: 60 },
    )
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), (length) => refused(whole.subarray(0, length))),
      { numRuns: 30 },
    )
    await refused(Buffer.concat([whole, Buffer.from('more')]))
    writeFileSync(city.archive, whole)
    expect((await city.restore({ dataDir: target })).points).toBe(200)
  })

  it('refuses what is no backup and what a newer version wrote, and says so', async () => {
    await using city = await keptCity()
    writeFileSync(city.archive, 'time,value\n'.repeat(1_000))
    await expect(city.restore()).rejects.toThrow(/damaged or cut off/)
    const text = Buffer.from(JSON.stringify({ format: 'nadi-backup', version: 99, createdAt: 'x' }))
    const entry = [tarHeader({ path: 'nadi-backup.json', bytes: text.length }), text, tarPadding(text.length)]
    writeFileSync(city.archive, Buffer.concat([...entry, TAR_END]))
    await expect(city.restore()).rejects.toThrow(/newer Nadi \(backup version 99/)
  })

  it('takes over no lock, and nothing else that has no place in a backup, from an archive that holds it', async () => {
    await using city = await keptCity()
    await city.intake.append(readings(0, 10))
    await city.backupTo(city.archive)
    const foreign = ['lock.json', 'run.json', 'children/x', '.restoring/data/x', 'observations/x.wal']
    const added = [...foreign, 'flows/flows.json']
    writeFileSync(city.archive, withEntries(readFileSync(city.archive), added))
    const { dataDir, files } = await city.restore()
    for (const name of foreign) expect(existsSync(path.join(dataDir, name)), name).toBe(false)
    expect(readFileSync(path.join(dataDir, 'flows/flows.json'), 'utf8')).toBe('put there')
    await using again = await openKept(dataDir)
    expect((await again.everything()).size).toBe(7)
    expect(files).toBeGreaterThan(added.length)
  })

  it('puts nothing in its place before each of its files and folders is on the disk', async () => {
    await using city = await keptCity()
    await city.intake.append(readings(0, 10))
    city.keep('flows/a/flows.json', '[]')
    await city.backupTo(city.archive)
    const dataDir = path.join(city.folder, 'traced')
    const trace = path.join(city.folder, 'trace')
    execFileSync(
      'strace',
      [
        '-f',
        '-qq',
        '-y',
        '-s',
        '4096',
        '-e',
        'trace=fsync,fdatasync,rename,renameat,renameat2',
        '-o',
        trace,
        process.execPath,
        path.resolve('bin/nadi.mjs'),
        'restore',
        city.archive,
        '--data-dir',
        dataDir,
      ],
      { stdio: 'pipe', env: { ...process.env, NADI_STORE: 'embedded' } },
    )
    const calls = readFileSync(trace, 'utf8').split('\n')
    const staging = path.join(dataDir, '.restoring', 'data')
    const placed = calls.findIndex((call) => call.includes(`rename("${staging}/`))
    expect(placed).toBeGreaterThan(0)
    const synced = (calls: readonly string[]): Set<string> =>
      new Set(calls.flatMap((call) => /f(?:data)?sync\(\d+<([^>]+)>/.exec(call)?.[1] ?? []))
    const before = synced(calls.slice(0, placed))
    const restored = readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
    expect(restored).toContain('flows/a/flows.json')
    for (const name of ['', ...restored]) expect(before, name).toContain(path.join(staging, name))
    expect(synced(calls.slice(placed))).toContain(dataDir)
  })

  it('never follows a name out of the folder', async () => {
    await using city = await keptCity()
    for (const name of ['../x', '/etc/x', 'data/../../x', 'data//x']) {
      const header = tarHeader({ path: name, bytes: 0 })
      writeFileSync(city.archive, Buffer.concat([header, TAR_END]))
      await expect(city.restore()).rejects.toThrow(/damaged or cut off/)
    }
  })

  it('refuses a folder in use and one that is not empty, and with force moves what is there aside', async () => {
    await using city = await keptCity()
    await city.intake.append(readings(0, 10))
    await city.backupTo(city.archive)
    const { dataDir } = await city.restore()
    writeFileSync(path.join(dataDir, 'mine.txt'), 'mine')
    await expect(city.restore()).rejects.toThrow(/is not empty.*--force/)
    const lock = lockDataDir(dataDir)
    await expect(city.restore({ force: true })).rejects.toThrow(/A city runs on/)
    lock[Symbol.dispose]()
    const { movedAside } = await city.restore({ force: true })
    expect(readFileSync(path.join(movedAside ?? '', 'mine.txt'), 'utf8')).toBe('mine')
    expect(existsSync(path.join(movedAside ?? '', 'catalogue.sqlite'))).toBe(true)
    await using again = await openKept(dataDir)
    expect((await again.everything()).size).toBe(7)
    // The next backup does not take along what was moved aside.
    await again.backupTo(city.archive)
    expect(execFileSync('tar', ['tf', city.archive], { encoding: 'utf8' })).not.toContain('before-restore')
  })
})

describe('a backup of either store', () => {
  it('restores to the other', async () => {
    await using influx = await startInflux()
    const settings = (database: string) => ({
      store: 'influx' as const,
      influxUrl: `${influx.url}/${database}`,
    })
    await using city = await keptCity()
    await city.intake.append(readings(0, 2_000))
    await city.intake.append(readings(100, 50).map((it) => ({ ...it, value: -1 })))
    const before = await city.everything()
    await city.backupTo(city.archive)
    const there = await city.restore({ settings: settings('one') })
    await expect(
      city.restore({ settings: settings('one'), dataDir: path.join(city.folder, 'second') }),
    ).rejects.toThrow(/holds observations already/)
    {
      await using onInflux = await openKept(there.dataDir, settings('one'))
      expect(await onInflux.everything()).toEqual(before)
      await onInflux.backupTo(city.archive)
    }
    const back = await city.restore({ dataDir: path.join(city.folder, 'back') })
    await using again = await openKept(back.dataDir)
    expect(await again.everything()).toEqual(before)
  })
})

/** The archive with further files of the data folder, its manifest and seal made to fit. */
const withEntries = (archive: Buffer, names: readonly string[]): Buffer => {
  const content = Buffer.from('put there')
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
  const entry = (name: string, bytes: Buffer): Buffer =>
    Buffer.concat([tarHeader({ path: name, bytes: bytes.length }), bytes, tarPadding(bytes.length)])
  const parts: Buffer[] = []
  let header: Buffer = Buffer.alloc(0)
  for (let at = 0; ;) {
    const name = archive.toString('latin1', at, at + 100).replace(/\0.*$/s, '')
    const bytes = Number.parseInt(archive.toString('latin1', at + 124, at + 135), 8)
    const end = at + 512 * (1 + Math.ceil(bytes / 512))
    const body = archive.subarray(at + 512, at + 512 + bytes)
    if (name === 'nadi-backup.json') header = body
    if (name === 'manifest.json') {
      const manifest = JSON.parse(body.toString())
      for (const added of names) {
        parts.push(entry(`data/${added}`, content))
        manifest.files.push({ path: `data/${added}`, bytes: content.length, sha256: sha256(content) })
      }
      const text = Buffer.from(JSON.stringify(manifest))
      const seal = Buffer.from(`${sha256(Buffer.concat([header, text]))}\n`)
      return Buffer.concat([...parts, entry(name, text), entry('manifest.sha256', seal), TAR_END])
    }
    parts.push(archive.subarray(at, end))
    at = end
  }
}

/** Sums may differ in their last digit: they are added in another order. */
const rounded = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(13)) : value

describe('a backup of a city whose old samples are dropped', () => {
  const DAY_MS = 24 * HOUR_MS
  const dropped = async (store: object): Promise<void> => {
    if ('drop' in store && typeof store.drop === 'function') await store.drop()
  }
  const days = async (store: Awaited<ReturnType<typeof openKept>>['observations'], id: number) =>
    JSON.stringify(
      await store.buckets({
        datastreamId: id,
        kind: 'counter',
        bucket: { unit: 'd', count: 1 },
        timeZone: 'Asia/Makassar',
        fromMs: START_MS,
        toMs: START_MS + 40 * DAY_MS,
        stepMs: HOUR_MS / 2,
      }),
      rounded,
    )

  it('holds their hourly sums, restored into either store', async () => {
    await using influx = await startInflux()
    const settings = (name: string) =>
      ({
        store: 'influx',
        influxUrl: `${influx.url}/${name}`,
        rawDays: 31,
        now: () => START_MS + 35 * DAY_MS,
      }) as const
    const embedded = { ...settings('unused'), store: 'embedded', influxUrl: undefined } as const
    const pack = Array.from({ length: 48 * 36 }, (_, half) => ({
      datastream: 'library/energy',
      timeMs: START_MS + (half * HOUR_MS) / 2,
      value: half * 0.5,
    }))
    for (const [from, into] of [
      [embedded, settings('first')],
      [settings('second'), embedded],
    ] as const) {
      await using city = await keptCity(from)
      await city.intake.append(pack)
      await dropped(city.observations)
      const id = city.catalogue.datastreams.list()[0]?.id ?? 0
      const before = await days(city.observations, id)
      expect(
        await city.observations.raw({ datastreamId: id, fromMs: 0, toMs: 1e13, limit: 1e6 }),
      ).toHaveLength(48 * 32)
      await city.backupTo(city.archive)
      const { dataDir, points } = await city.restore({ settings: into })
      expect(points).toBe(48 * 32)
      await using again = await openKept(dataDir, into)
      expect(await days(again.observations, id)).toBe(before)
      await expect(
        again.observations.append([{ datastreamId: id, timeMs: START_MS, value: 1 }]),
      ).rejects.toMatchObject({ code: 'points-refused' })
    }
  })
})
