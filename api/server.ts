import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import type { Logger } from 'pino'
import { keepRenewed, type TlsSource } from '../authority/tlsSource.ts'
import { NadiError } from '../city/errors.ts'
import { BODY_TIMEOUT, type BodyTimeout, watchBody } from './bodyTimeout.ts'

/** Takes over a connection that asks for another protocol (MQTT over WebSocket, Node-RED's editor). */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

export interface HttpServerOptions {
  app: { fetch(request: Request, env: object): Response | Promise<Response> }
  host: string
  /** 0: one that the system chooses. */
  port: number
  /** Serves HTTPS (and so WSS) instead of HTTP. */
  tls?: TlsSource | undefined
  /** By path: requests at and below it. */
  upgrades: Readonly<Record<string, UpgradeHandler>>
  /** Answers everything at and below `/flows`, when there is one. */
  flowsProxy?: { handle: (request: IncomingMessage, response: ServerResponse) => void } | undefined
  /** For tests; see `LIMITS`. */
  limits?: { headersTimeoutMs: number; connections: number; body?: BodyTimeout }
  log: Logger
}

export interface HttpServer extends AsyncDisposable {
  port: number
  close(): Promise<void>
}

/** A client has 10 s for its headers. */
const LIMITS = { headersTimeoutMs: 10_000, connections: 2_000 }
/** Where bodies are files, which take as long as their line needs; Node-RED sees to its own. */
const FILES = ['/v1/imports', '/flows']
/** Node looks this often for connections that are out of time. */
const TIMEOUT_CHECKS = 5
/** What is being answered when the city stops may finish within this; streams are cut by it. */
const CLOSE_GRACE_MS = 1_000

/** Listens. Throws `port-in-use` when it cannot, naming port and setting. */
export const createHttpServer = async (options: HttpServerOptions): Promise<HttpServer> => {
  const { app, host, port, tls, upgrades, flowsProxy, log } = options
  const limits: NonNullable<HttpServerOptions['limits']> = options.limits ?? LIMITS
  // Its lightweight Request stands in for the global one, which Hono's body limit makes copies of.
  const listener = getRequestListener((request, env) => app.fetch(request, env))
  const serve: RequestListener = (request, response) => {
    const isFile = FILES.some((root) => isBelow(pathOf(request), root))
    watchBody(request, response, { isFile, timeout: limits.body ?? BODY_TIMEOUT })
    if (flowsProxy && isBelow(pathOf(request), '/flows')) flowsProxy.handle(request, response)
    else void listener(request, response)
  }
  const settings: ServerOptions = {
    headersTimeout: limits.headersTimeoutMs,
    // `watchBody` sees to bodies.
    requestTimeout: 0,
    connectionsCheckingInterval: limits.headersTimeoutMs / TIMEOUT_CHECKS,
    keepAliveTimeout: 10_000,
    // An import's mapping travels in its address.
    maxHeaderSize: 64 * 1024,
  }
  const { server, renewed } = serverFor(settings, serve, tls, limits.headersTimeoutMs)
  server.maxConnections = limits.connections
  const upgraded = new Set<Duplex>()
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket)
    socket.once('close', () => upgraded.delete(socket))
    socket.on('error', (error) => log.debug({ err: error }, 'an upgraded connection failed'))
    const handler = Object.entries(upgrades).find(([path]) => isBelow(pathOf(request), path))?.[1]
    if (handler) handler(request, socket, head)
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  await listen(server, host, port)
  const address = server.address()

  const close = async (): Promise<void> => {
    if (!server.listening) return
    renewed()
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve())
    })
    server.closeIdleConnections()
    for (const socket of upgraded) socket.destroy()
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
    await closed
    clearTimeout(cut)
  }
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** A client has as long for its TLS handshake as for its headers. */
const serverFor = (
  settings: ServerOptions,
  serve: RequestListener,
  tls: TlsSource | undefined,
  handshakeTimeout: number,
): { server: Server; renewed: () => void } => {
  if (!tls) return { server: createServer(settings, serve), renewed: () => undefined }
  const server = createSecureServer({ ...settings, ...tls.options(), handshakeTimeout }, serve)
  return { server, renewed: keepRenewed(server, tls) }
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE' ? portInUse(host, port, cause) : cause)
    })
    server.listen(port, host, resolve)
  })

const portInUse = (host: string, port: number, cause: unknown): NadiError =>
  new NadiError(
    'port-in-use',
    `Port ${port} on ${host} is in use by another program. Set NADI_HTTP_PORT to a free one (0 = any), or end that program.`,
    { cause, problems: [{ pointer: 'NADI_HTTP_PORT', detail: `a port that is free, not ${port}` }] },
  )

/** The path without its query; a target that is no path gives one that nothing is below. */
export const pathOf = ({ url = '/' }: Pick<IncomingMessage, 'url'>): string => url.split(/[?#]/, 1)[0] ?? '/'

const isBelow = (path: string, root: string): boolean => path === root || path.startsWith(`${root}/`)
