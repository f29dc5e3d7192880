import type { IncomingMessage } from 'node:http'
import { createServer, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { createWebSocketStream, WebSocketServer } from 'ws'
import { NadiError } from '../city/errors.ts'
import type { BrokerLimits } from './limits.ts'
import { type Peer, peerOf } from './peer.ts'

/**
 * Where MQTT connections come from: a TCP port, and WebSocket upgrades that an HTTP server hands over. Counts them for
 * each address, so that one address cannot take all.
 */
export interface Listener extends AsyncDisposable {
  /** The port that it listens on, also when 0 was asked for. */
  port: number
  /** Takes over the upgrade of a request for `/mqtt`. */
  handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Takes over a connection that came another way (TLS). */
  accept: (source: Duplex, peer: Peer) => void
  connections(): number
  close: () => Promise<void>
}

export interface ListenerOptions {
  host: string
  port: number
  log: Logger
  onConnection: (source: Duplex, peer: Peer) => void
  limits: Pick<BrokerLimits, 'maxConnections' | 'maxConnectionsPerAddress' | 'maxPacketBytes'>
  /** What a person changes to have another port, named where this one is taken. */
  portSetting: string
}

/** Throws `port-in-use` when the port is taken. */
export const createListener = async ({
  host,
  port,
  log,
  onConnection,
  limits,
  portSetting,
}: ListenerOptions): Promise<Listener> => {
  const open = new Map<Duplex, string>()
  const byAddress = new Map<string, number>()

  const admit = (source: Duplex, address: string): boolean => {
    const count = byAddress.get(address) ?? 0
    if (open.size >= limits.maxConnections || count >= limits.maxConnectionsPerAddress) {
      log.warn({ address, connections: count }, 'too many MQTT connections: one more was refused')
      return false
    }
    open.set(source, address)
    byAddress.set(address, count + 1)
    source.once('close', () => {
      open.delete(source)
      const left = (byAddress.get(address) ?? 1) - 1
      if (left > 0) byAddress.set(address, left)
      else byAddress.delete(address)
    })
    return true
  }

  const accept = (source: Duplex, peer: Peer): void => {
    if (admit(source, peer.address)) onConnection(source, peer)
    else source.destroy()
  }

  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, (socket) =>
    accept(socket, peerOf(socket)),
  )
  const upgrades = new WebSocketServer({
    noServer: true,
    // A message may carry several packets; each of them is capped by the guard.
    maxPayload: 2 * limits.maxPacketBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => ['mqtt', 'mqttv3.1'].find((name) => offered.has(name)) ?? false,
  })

  await listen(server, host, port, portSetting)
  const address = server.address()

  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    accept,
    connections: () => open.size,
    handleUpgrade(request, socket, head) {
      const peer = peerOf(request.socket)
      if (!admit(socket, peer.address)) {
        socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n')
        return
      }
      upgrades.handleUpgrade(request, socket, head, (webSocket) => {
        // [MQTT-6.0.0-1]; before the stream hears of it.
        webSocket.on('message', (_data, isBinary) => {
          if (!isBinary) webSocket.terminate()
        })
        onConnection(createWebSocketStream(webSocket), peer)
      })
    },
    close,
    [Symbol.asyncDispose]: close,
  }

  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    upgrades.close()
    for (const source of open.keys()) source.destroy()
    await closed
  }
}

/** Throws `port-in-use`, naming the setting. */
export const listen = (server: Server, host: string, port: number, portSetting: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new NadiError(
              'port-in-use',
              `MQTT port ${port} on ${host} is in use. End what uses it, or set ${portSetting} to another one (0 = any free one).`,
              { cause },
            )
          : new NadiError('invalid-input', `MQTT cannot listen on ${host}:${port}: ${cause.message}.`, {
              cause,
            }),
      )
    })
    server.listen(port, host, resolve)
  })
