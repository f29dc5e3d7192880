import { createServer, type IncomingMessage, type Server, request as httpRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createFlowsProxy } from '../../api/flowsProxy.ts'
import { createHttpServer, type HttpServer } from '../../api/server.ts'
import { until } from '../support/until.ts'
import { NOW_MS, openTestApi, readJson, type TestApi } from './testApi.ts'

const log = pino({ level: 'silent' })
let api: TestApi
let server: HttpServer
let nodeRed: Server
let nodeRedUp = true
const seen: IncomingMessage[] = []
const stack = new AsyncDisposableStack()
const base = () => `http://127.0.0.1:${server.port}`

beforeAll(async () => {
  api = stack.use(await openTestApi())
  nodeRed = createServer((request, response) => {
    seen.push(request)
    response.end(`node-red ${request.url}`)
  })
  const sockets = new WebSocketServer({ server: nodeRed })
  sockets.on('connection', (socket, request) => {
    seen.push(request)
    socket.on('message', (message) => socket.send(message))
  })
  await new Promise<void>((resolve) => {
    nodeRed.listen(0, '127.0.0.1', resolve)
  })
  stack.defer(() => {
    sockets.close()
    nodeRed.closeAllConnections()
    nodeRed.close()
  })
  const flowsProxy = createFlowsProxy({
    catalogue: api.context.catalogue,
    url: () => (nodeRedUp ? `http://127.0.0.1:${(nodeRed.address() as AddressInfo).port}` : undefined),
    token: () => 'gate-token',
    log,
    now: () => NOW_MS,
  })
  server = stack.use(
    await createHttpServer({
      app: api.app,
      host: '127.0.0.1',
      port: 0,
      upgrades: {
        '/flows': flowsProxy.handleUpgrade,
        '/mqtt': (_request, socket) => socket.end('HTTP/1.1 418 A teapot\r\nContent-Length: 0\r\n\r\n'),
      },
      flowsProxy,
      log,
    }),
  )
})
afterAll(() => stack.disposeAsync())

const bearer = (role: 'operator' | 'scientist' | 'administrator' | 'citizen') => ({
  authorization: `Bearer ${api.keys[role]}`,
})

describe('the HTTP server', () => {
  it('serves the application', async () => {
    const response = await fetch(`${base()}/v1/buildings`)
    expect(response.status).toBe(200)
    expect((await readJson(response)).items).toHaveLength(2)
  })

  it('says of a busy port which it is and which setting changes it', async () => {
    const attempt = createHttpServer({
      app: api.app,
      host: '127.0.0.1',
      port: server.port,
      upgrades: {},
      log,
    })
    await expect(attempt).rejects.toMatchObject({ code: 'port-in-use' })
    await expect(attempt).rejects.toThrow(new RegExp(`${server.port}.*NADI_HTTP_PORT`))
  })

  it('hands upgrades to whoever owns the path, and refuses others', async () => {
    const upgrade = (path: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const request = httpRequest(`${base()}${path}`, {
          headers: { connection: 'Upgrade', upgrade: 'websocket' },
        })
        request.on('response', (response) => resolve(response.statusCode))
        request.on('error', reject)
        request.end()
      })
    expect(await upgrade('/mqtt')).toBe(418)
    expect(await upgrade('/mqttx')).toBe(404)
    expect(await upgrade('/elsewhere')).toBe(404)
  })

  it('ends streams and returns within its grace when it is closed', async () => {
    const own = await createHttpServer({ app: api.app, host: '127.0.0.1', port: 0, upgrades: {}, log })
    const stream = await fetch(`http://127.0.0.1:${own.port}/v1/stream`)
    await own.close()
    await expect(stream.text()).rejects.toThrow()
    await own.close()
  })

  it('waits for headers only so long, and for so many connections', async () => {
    await using own = await createHttpServer({
      app: api.app,
      host: '127.0.0.1',
      port: 0,
      upgrades: {},
      limits: { headersTimeoutMs: 200, connections: 2 },
      log,
    })
    const open = () => {
      const socket = connect(own.port, '127.0.0.1')
      socket.on('error', () => undefined)
      const answer = new Promise<string>((resolve) => {
        let text = ''
        socket.on('data', (data) => (text += data.toString()))
        socket.on('close', () => resolve(text))
      })
      const opened = new Promise<void>((resolve) => {
        socket.on('connect', () => {
          socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ')
          resolve()
        })
      })
      return { answer, opened }
    }
    const first = open()
    const second = open()
    await Promise.all([first.opened, second.opened])
    expect(await open().answer).toBe('')
    expect(await first.answer).toContain('408 Request Timeout')
    await second.answer
  })

  it('waits for a body only so long, and for a file while it moves', async () => {
    await using own = await createHttpServer({
      app: { fetch: async (request) => new Response(`read ${(await request.text()).length}`) },
      host: '127.0.0.1',
      port: 0,
      upgrades: {},
      limits: { headersTimeoutMs: 10_000, connections: 10, body: { wholeMs: 300, idleMs: 300 } },
      log,
    })
    /** Sends a byte every now and then until the body is whole or the server has had enough. */
    const trickle = async (path: string, bytes: number, sent: number) => {
      const socket = connect(own.port, '127.0.0.1')
      let answer = ''
      socket.on('error', () => undefined)
      socket.on('data', (data) => (answer += data.toString()))
      const closed = new Promise((resolve) => {
        socket.once('close', resolve)
      })
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${bytes}\r\n\r\n`,
      )
      let written = 0
      const step = () => {
        if (answer !== '' || written >= sent) return true
        socket.write('x')
        written += 1
        return false
      }
      await until(step, { everyMs: 50 })
      await closed
      return answer
    }
    const [ordinary, file, stalled] = await Promise.all([
      trickle('/v1/notices', 30, 30),
      trickle('/v1/imports', 30, 30),
      trickle('/v1/imports?filename=x', 30, 2),
    ])
    expect(ordinary).toContain('408 Request Timeout')
    expect(file).toContain('read 30')
    expect(stalled).toContain('408 Request Timeout')
  })

  it('survives connections that say nothing of sense', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write('\x00\x01 nonsense\r\n\r\n'))
      socket.on('close', () => resolve())
      socket.on('error', () => undefined)
      socket.resume()
    })
    expect((await fetch(`${base()}/healthz`)).status).toBe(200)
  })
})

describe('/flows', () => {
  it('is for operators and administrators alone', async () => {
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${base()}/flows/`, { headers, redirect: 'manual' })).status
    expect(await status({})).toBe(401)
    expect(await status(bearer('citizen'))).toBe(403)
    expect(await status(bearer('scientist'))).toBe(403)
    expect(await status(bearer('operator'))).toBe(200)
    expect(await status(bearer('administrator'))).toBe(200)
    expect(await status({ authorization: 'Bearer wrong' })).toBe(401)
  })

  it('leads a person without a login to the login page', async () => {
    const response = await fetch(`${base()}/flows/`, { headers: { accept: 'text/html' }, redirect: 'manual' })
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe('/login?next=/flows/')
  })

  it('shows Node-RED the city’s token, and no header that a client made up', async () => {
    seen.length = 0
    const response = await fetch(`${base()}/flows/settings?x=1`, {
      headers: {
        ...bearer('operator'),
        'x-nadi-flows-token': 'forged',
        'x-forwarded-for': '10.0.0.1',
        'x-forwarded-proto': 'https',
        forwarded: 'for=10.0.0.1',
        cookie: 'nadi_session=secret',
      },
    })
    expect(await response.text()).toBe('node-red /flows/settings?x=1')
    const headers = seen[0]?.headers ?? {}
    expect(headers['x-nadi-flows-token']).toBe('gate-token')
    expect(JSON.stringify(headers)).not.toMatch(/forged|10\.0\.0\.1|secret|Bearer/)
  })

  it('carries the editor’s WebSocket', async () => {
    const socket = new WebSocket(`${base().replace('http', 'ws')}/flows/comms`, {
      headers: bearer('operator'),
    })
    const answer = await new Promise((resolve, reject) => {
      socket.on('open', () => socket.send('hello'))
      socket.on('message', (message) => resolve(Buffer.isBuffer(message) && message.toString()))
      socket.on('error', reject)
    })
    expect(answer).toBe('hello')
    expect(seen.at(-1)?.headers['x-nadi-flows-token']).toBe('gate-token')
    socket.terminate()
  })

  it.each([
    ['nobody', () => ({}), 401],
    ['a scientist', () => bearer('scientist'), 403],
    ['a page of another site', () => ({ ...bearer('operator'), origin: 'https://elsewhere.example' }), 403],
  ])('opens no WebSocket for %s', async (_, headers, status) => {
    const socket = new WebSocket(`${base().replace('http', 'ws')}/flows/comms`, { headers: headers() })
    const refused = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
      socket.on('error', () => undefined)
    })
    expect(refused).toBe(status)
  })

  it('says that Node-RED is not running while it is not', async () => {
    nodeRedUp = false
    const response = await fetch(`${base()}/flows/`, { headers: bearer('operator') })
    nodeRedUp = true
    expect(response.status).toBe(503)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
  })
})
