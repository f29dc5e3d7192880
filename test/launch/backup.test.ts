import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { HOUR_MS } from '../../city/partials.ts'
import { keptCity, openKept } from './keptCity.ts'
import { START_MS, readings, rounded } from './keptReadings.ts'

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
      'edge/history.json',
      'models/3f2a9c1d77e0.nadi',
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
