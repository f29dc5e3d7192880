import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { expectedReadings, generateHistory, historyBirth } from '../../../edge/history.ts'
import type { HistoryJob, HistoryMessage } from '../../../edge/historyMain.ts'
import { publishHistory } from '../../../edge/publishHistory.ts'
import { requireSimulated } from '../../../edge/simulation/simulatedBuilding.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { until } from '../../support/until.ts'
import { createTestBroker } from '../testBroker.ts'
import { DAY_MS, at, city, cityPath } from './demonstration.ts'

const toMs = at('2026-11-24T00:00:00')
const history = { city, building: requireSimulated(city, 'clinic'), fromMs: toMs - DAY_MS, toMs }
const main = path.resolve(import.meta.dirname, '../../../edge/historyMain.ts')

const writeJob = (folder: string, url: string, buildings: string[]): string => {
  const job: HistoryJob = {
    cityFile: cityPath,
    url,
    buildings: buildings.map((building) => ({
      building,
      device: `edge-${building}`,
      passwordFile: 'password',
    })),
    fromMs: history.fromMs,
    toMs,
  }
  writeFileSync(path.join(folder, 'password'), 'right\n')
  const file = path.join(folder, 'job.json')
  writeFileSync(file, JSON.stringify(job))
  return file
}

describe('publishing a history', () => {
  it('declares the Datastreams first and brings every reading, exactly as generated', async () => {
    await using broker = await createTestBroker({ password: 'right' })
    let acknowledged = 0
    const sent = await publishHistory({
      ...history,
      url: broker.url,
      device: 'edge-clinic',
      password: 'right',
      signal: new AbortController().signal,
      onAcknowledged: (readings) => (acknowledged += readings),
    })
    const expected = [...generateHistory(history)].flat()
    expect(sent).toBe(expected.length)
    expect(acknowledged).toBe(expected.length)
    expect(broker.received.map(({ name, timeMs, value }) => ({ datastream: name, timeMs, value }))).toEqual(
      expected,
    )
    expect(broker.publishes[0]).toMatchObject({ topic: 'nadi/v1/edge-clinic/birth', retain: true })
    expect(JSON.parse(broker.publishes[0]?.payload ?? '{}').datastreams).toHaveLength(
      expectedReadings({ ...history, toMs: history.fromMs + 900_000 }),
    )
  })

  it('declares a large building in parts that a broker takes', async () => {
    await using broker = await createTestBroker({ password: 'right' })
    const small = history.building
    const building = {
      ...small,
      zones: Array.from({ length: 60 }, (_, i) =>
        small.zones.map((zone) => ({ ...zone, id: `${zone.id}-${i}` })),
      ).flat(),
    }
    await publishHistory({
      ...history,
      building,
      fromMs: history.toMs,
      url: broker.url,
      device: 'edge-clinic',
      password: 'right',
      signal: new AbortController().signal,
    })
    const births = broker.publishes.map(({ payload }) => payload)
    expect(births.length).toBeGreaterThan(1)
    for (const birth of births) expect(Buffer.byteLength(birth)).toBeLessThan(128 * 1024)
    expect(births.flatMap((birth) => JSON.parse(birth).datastreams)).toEqual(
      historyBirth({ ...history, building }).datastreams,
    )
  })

  it('fails when the connection ends before all is acknowledged', async () => {
    let packs = 0
    await using broker = await createTestBroker({
      beforeAcknowledgement: async () => {
        packs += 1
        if (packs > 3) throw new Error('the store cannot commit')
      },
    })
    await expect(
      publishHistory({
        ...history,
        url: broker.url,
        device: 'edge-clinic',
        password: 'right',
        signal: new AbortController().signal,
      }),
    ).rejects.toThrow()
  })
})

describe('the process that makes a history', () => {
  it('tells its progress and ends with 0 once all of its buildings are acknowledged', async () => {
    await using folder = await temporaryFolder()
    await using broker = await createTestBroker({ password: 'right' })
    const child = fork(main, [writeJob(folder.path, broker.url, ['clinic', 'library'])])
    const messages: HistoryMessage[] = []
    child.on('message', (message) => messages.push(message as HistoryMessage))
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    expect(messages.at(-1)).toMatchObject({ kind: 'done', readings: broker.received.length })
    expect(new Set(broker.received.map(({ name }) => name.split('/')[0]))).toEqual(
      new Set(['clinic', 'library']),
    )
  })

  it('ends with 1 and says why when the broker refuses it', async () => {
    await using folder = await temporaryFolder()
    await using broker = await createTestBroker({ password: 'another' })
    const child = fork(main, [writeJob(folder.path, broker.url, ['clinic'])], { silent: true })
    let told = ''
    child.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()))
    const [code] = await once(child, 'close')
    expect(code).toBe(1)
    expect(told).toMatch(/refused the identity/)
  })

  it('ends when its parent is gone', async () => {
    await using folder = await temporaryFolder()
    await using broker = await createTestBroker({ beforeAcknowledgement: () => new Promise(() => undefined) })
    const child = fork(main, [writeJob(folder.path, broker.url, ['clinic'])])
    const exit = once(child, 'exit')
    await until(() => broker.publishes.length > 1, { what: 'the first pack' })
    child.disconnect()
    expect(await exit).toEqual([1, null])
  })
})
