import { request } from 'node:http'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import pino from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createHttpServer, type HttpServer } from '../../api/server.ts'
import { until } from '../support/until.ts'
import { MINUTE_MS, NOW_MS, openTestApi, type TestApi } from './testApi.ts'

const stack = new AsyncDisposableStack()
let api: TestApi
let server: HttpServer
beforeAll(async () => {
  api = stack.use(await openTestApi())
  const log = pino({ level: 'silent' })
  server = stack.use(await createHttpServer({ app: api.app, host: '127.0.0.1', port: 0, upgrades: {}, log }))
})
afterAll(() => stack.disposeAsync())

/** A reader over a connection of its own, that `cut` tears without a word. */
const listen = async (lastEventId?: string) => {
  const events: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => events.push(event) })
  const asked = request(`http://127.0.0.1:${server.port}/v1/stream?thing=library`, {
    agent: false,
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  })
  asked.on('error', () => undefined)
  let status = 0
  let begun = false
  asked.on('response', (response) => {
    status = response.statusCode ?? 0
    response.setEncoding('utf8')
    response.on('error', () => undefined)
    response.on('data', (text: string) => {
      begun = true
      parser.feed(text)
    })
  })
  asked.end()
  await until(() => begun)
  return {
    status,
    values: () => events.map(({ data }) => JSON.parse(data).value as number),
    lastId: () => events.at(-1)?.id ?? '',
    cut: () => asked.destroy(),
  }
}

const measure = (minute: number) =>
  api.append({ datastream: 'library/temperature', timeMs: NOW_MS + minute * MINUTE_MS, value: minute })

it('A reader whose connection is cut is told once, by its last id, all that it missed, and then goes on', async () => {
  api.clock.nowMs = NOW_MS + 10 * MINUTE_MS
  const first = await listen()
  await measure(1)
  await until(() => first.values().length === 1)
  first.cut()
  await measure(2)
  await measure(3)
  const second = await listen(first.lastId())
  await until(() => second.values().length === 2)
  await measure(4)
  await until(() => second.values().length === 3)
  expect([...first.values(), ...second.values()]).toEqual([1, 2, 3, 4])
  second.cut()
})

it('A reader that is cut again and again takes nobody’s place', async () => {
  for (let time = 0; time < 25; time++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other: more than one client may have at once
    const reader = await until(async () => {
      const opened = await listen()
      if (opened.status === 200) return opened
      opened.cut()
      return undefined
    })
    reader.cut()
  }
})
