import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLiveFeed } from '../../api/liveFeed.ts'
import type { CommittedReading } from '../../store/intake.ts'
import { until } from '../support/until.ts'
import { from, MINUTE_MS, NOW_MS, openTestApi, type TestApi } from './testApi.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi()
})
afterAll(() => api[Symbol.asyncDispose]())

/** Opens a stream and gathers its events until it is disposed. */
const listen = async (url: string, headers: Record<string, string> = {}, of: TestApi = api) => {
  const response = await of.app.request(url, { headers })
  const events: EventSourceMessage[] = []
  let comments = ''
  const parser = createParser({ onEvent: (event) => events.push(event) })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const reading = (async () => {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
      if (done) return
      comments += value
      parser.feed(value ?? '')
    }
  })()
  // The first bytes say that the listener stands.
  await until(() => comments.includes('retry:'))
  return {
    response,
    events,
    data: () => events.map(({ data }) => JSON.parse(data)),
    async [Symbol.asyncDispose]() {
      await reader?.cancel()
      await reading
    },
  }
}

const operator = () => ({ authorization: `Bearer ${api.keys.operator}` })

describe('/v1/stream', () => {
  it('tells what has been committed at and below a Thing, with local time and unit', async () => {
    await using stream = await listen('/v1/stream?thing=shared-office', operator())
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream')
    await api.append(
      { datastream: 'shared-office/floor-2/zone-a/co2', timeMs: NOW_MS, value: 640 },
      { datastream: 'shared-office-annex/co2', timeMs: NOW_MS, value: 1 },
      { datastream: 'shared-office/temperature', timeMs: NOW_MS, value: 25 },
    )
    await until(() => stream.events.length >= 2)
    expect(stream.data()).toEqual([
      {
        datastream: 'shared-office/floor-2/zone-a/co2',
        time: '2026-11-24T10:00:00+08:00',
        unit: 'ppm',
        value: 640,
        demonstration: true,
      },
      expect.objectContaining({ datastream: 'shared-office/temperature', value: 25 }),
    ])
    expect(stream.events[0]).toMatchObject({ event: 'observation', id: String(NOW_MS) })
  })

  it('keeps from citizens what they may not see, and tells people as levels', async () => {
    await using stream = await listen('/v1/stream?thing=shared-office')
    await api.append(
      { datastream: 'shared-office/floor-2/zone-a/co2', timeMs: NOW_MS, value: 640 },
      { datastream: 'shared-office/floor-2/zone-a/occupancy', timeMs: NOW_MS, value: 13 },
      { datastream: 'shared-office/presence', timeMs: NOW_MS, value: 1 },
      { datastream: 'shared-office/occupancy', timeMs: NOW_MS, value: 123 },
      { datastream: 'shared-office/occupancy', timeMs: NOW_MS + 1, value: 4 },
    )
    await until(() => stream.events.length >= 2)
    expect(stream.data()).toEqual([
      expect.objectContaining({ datastream: 'shared-office/occupancy', value: 120, level: 'quiet' }),
      expect.objectContaining({ datastream: 'shared-office/occupancy', value: null, suppressed: true }),
    ])
  })

  it('tells who comes back with the last id what was missed', async () => {
    const at = (minutes: number) => NOW_MS - minutes * MINUTE_MS
    await api.append(
      { datastream: 'library/temperature', timeMs: at(30), value: 1 },
      { datastream: 'library/temperature', timeMs: at(20), value: 2 },
      { datastream: 'library/temperature', timeMs: at(10), value: 3 },
    )
    await using stream = await listen('/v1/stream?thing=library', { 'last-event-id': String(at(30)) })
    await until(() => stream.events.length >= 2)
    expect(stream.data().map(({ value }) => value)).toEqual([2, 3])
  })

  it('asks only those Datastreams for what was missed that have anything newer', async () => {
    const asked: number[] = []
    await using own = await openTestApi()
    const { observations } = own.context
    const raw = observations.raw.bind(observations)
    observations.raw = (query) => {
      asked.push(query.datastreamId)
      return raw(query)
    }
    await own.append(
      { datastream: 'library/temperature', timeMs: NOW_MS - MINUTE_MS, value: 1 },
      { datastream: 'library/humidity', timeMs: NOW_MS, value: 50 },
    )
    await using stream = await listen('/v1/stream', { 'last-event-id': String(NOW_MS - MINUTE_MS) }, own)
    await until(() => stream.events.length >= 1)
    expect(stream.data().map(({ datastream }) => datastream)).toEqual(['library/humidity'])
    expect(asked).toEqual([own.context.catalogue.datastreams.find('library/humidity')?.id])
  })

  it('gives one client only so many, and others theirs', async () => {
    const open = async (address: string) => {
      const response = await api.app.request('/v1/stream', {}, from(address))
      return { status: response.status, end: async () => response.body?.cancel() }
    }
    const mine = await Promise.all(Array.from({ length: 20 }, () => open('192.0.2.1')))
    expect(mine.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect((await open('192.0.2.1')).status).toBe(429)
    const other = await open('192.0.2.2')
    expect(other.status).toBe(200)
    await mine[0]?.end()
    const again = await until(async () => {
      const next = await open('192.0.2.1')
      return next.status === 200 ? next : undefined
    })
    await Promise.all([other, again, ...mine.slice(1)].map(({ end }) => end()))
  })

  it('opens nothing for a HEAD', async () => {
    const response = await api.app.request('/v1/stream', { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.body).toBeNull()
  })

  it('refuses an id that is not one of its own, and a Thing that is none', async () => {
    const response = await api.app.request('/v1/stream', { headers: { 'last-event-id': 'yesterday' } })
    expect(response.status).toBe(400)
    expect((await api.get('/v1/stream?thing=Shared%20Office')).status).toBe(400)
  })
})

describe('a live feed', () => {
  const reading = (datastreamId: number, timeMs: number): CommittedReading => ({
    datastreamId,
    datastream: `b/${datastreamId}`,
    timeMs,
    value: timeMs,
  })
  const source = () => {
    const listeners = new Set<(committed: readonly CommittedReading[]) => void>()
    return {
      listeners,
      tell: (...committed: CommittedReading[]) => listeners.forEach((listener) => listener(committed)),
      onCommit(listener: (committed: readonly CommittedReading[]) => void) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    }
  }

  it('keeps only the newest of each Datastream for a reader that falls behind', async () => {
    const intake = source()
    const feed = openLiveFeed(intake, { accepts: () => true, maxWaiting: 3 })
    intake.tell(reading(1, 10), reading(2, 20), reading(1, 30), reading(2, 15))
    expect(await feed.take(1_000)).toEqual([reading(2, 20), reading(1, 30)])
    feed.close()
    expect(intake.listeners.size).toBe(0)
  })

  it('drops a reader for whom even that is too much', async () => {
    const intake = source()
    const feed = openLiveFeed(intake, { accepts: () => true, maxWaiting: 3 })
    intake.tell(...[1, 2, 3, 4].map((id) => reading(id, id)))
    expect(await feed.take(1_000)).toBeUndefined()
    expect(intake.listeners.size).toBe(0)
  })

  it('gives an empty list after silence, so that the connection can be kept alive', async () => {
    const feed = openLiveFeed(source(), { accepts: () => true, maxWaiting: 3 })
    expect(await feed.take(5)).toEqual([])
    feed.close()
  })
})
