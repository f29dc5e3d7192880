import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { HOUR_MS } from '../../city/partials.ts'
import { startInflux } from '../support/influx.ts'
import { keptCity, openKept } from './keptCity.ts'
import { START_MS, readings, rounded } from './keptReadings.ts'

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
