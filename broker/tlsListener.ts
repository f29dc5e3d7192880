import type { Socket } from 'node:net'
import { createServer } from 'node:tls'
import type { Logger } from 'pino'
import { keepRenewed, type TlsSource } from '../authority/tlsSource.ts'
import { isWorthTelling } from './isWorthTelling.ts'
import type { BrokerLimits } from './limits.ts'
import { listen } from './listener.ts'
import { type Peer, peerOf } from './peer.ts'

/** The port of MQTT over TLS: shakes hands and gives on what is then an ordinary connection. */
export interface TlsListener extends AsyncDisposable {
  port: number
  close(): Promise<void>
}

export interface TlsListenerOptions {
  host: string
  port: number
  tls: TlsSource
  log: Logger
  accept: (source: Socket, peer: Peer) => void
  limits: Pick<BrokerLimits, 'handshakeTimeoutMs' | 'maxHandshakesPerAddress'>
}

/** Throws `port-in-use`. */
export const createTlsListener = async ({
  host,
  port,
  tls,
  log,
  accept,
  limits,
}: TlsListenerOptions): Promise<TlsListener> => {
  const shaking = new Map<string, Socket>()
  const byAddress = new Map<string, number>()
  let failures = 0

  const ended = (key: string, address: string): void => {
    if (!shaking.delete(key)) return
    const left = (byAddress.get(address) ?? 1) - 1
    if (left > 0) byAddress.set(address, left)
    else byAddress.delete(address)
  }

  const failed = (address: string, reason: string): void => {
    failures += 1
    if (isWorthTelling(failures)) log.info({ address, reason, count: failures }, 'TLS handshake failed')
  }

  const server = createServer(
    { ...tls.options(), handshakeTimeout: limits.handshakeTimeoutMs, noDelay: true, keepAlive: true },
    (socket) => {
      socket.on('error', () => undefined)
      const peer = peerOf(socket)
      ended(keyOf(socket), peer.address)
      accept(socket, peer)
    },
  )
  const renewed = keepRenewed(server, tls)
  // TLS takes the socket over in a listener of this event that was there before.
  server.prependListener('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? ''
    const count = byAddress.get(address) ?? 0
    if (count >= limits.maxHandshakesPerAddress) {
      failed(address, 'too many handshakes at once')
      socket.destroy()
      return
    }
    const key = keyOf(socket)
    shaking.set(key, socket)
    byAddress.set(address, count + 1)
    socket.once('close', () => ended(key, address))
  })
  server.on('tlsClientError', (error, socket) => {
    failed(socket.remoteAddress ?? '', error.message)
    // Node ends the connection after every failure but a handshake that takes too long.
    if ('code' in error && error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') socket.destroy()
  })
  await listen(server, host, port, 'NADI_MQTTS_PORT')
  const at = server.address()

  const close = async (): Promise<void> => {
    renewed()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of shaking.values()) socket.destroy()
    await closed
  }
  return {
    port: typeof at === 'object' && at !== null ? at.port : port,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** The TLS socket and the one below it are two objects of one connection. */
const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`
