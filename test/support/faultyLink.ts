import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a link does with bytes from now on. `up` is from whoever connected to the target, `down` the way back. */
export type LinkState =
  | { kind: 'clear' }
  /** New connections and those that are open are reset. */
  | { kind: 'refuse' }
  /** Each piece of data waits so long. */
  | { kind: 'slow'; delayMs: number }
  /** Data comes in pieces of 1 to `largestBytes`. */
  | { kind: 'fragment'; largestBytes: number }
  /** Connections stay open, and new ones are taken, but nothing comes through, in these directions. */
  | { kind: 'stall'; directions: readonly Direction[] }
  /** So many more bytes in one direction, and then all connections are reset, within a packet most likely. */
  | { kind: 'cut-after'; direction: Direction; bytes: number }

export type Direction = 'up' | 'down'

/** A TCP proxy between a client and a server of a test, as bad as a test wants the network to be. */
export interface FaultyLink extends AsyncDisposable {
  port: number
  set(state: LinkState): void
  /** Resets every open connection; new ones may come. */
  cut(): void
  /** Open connections, and all since the start. */
  connections(): { open: number; ever: number }
  /** Bytes handed on since the start. */
  bytes(): Record<Direction, number>
}

export interface FaultyLinkOptions {
  /** Port on 127.0.0.1, asked at each connection. */
  target: () => number
  /** 0 to 1, for the sizes of fragments. */
  random: () => number
}

export const createFaultyLink = async ({ target, random }: FaultyLinkOptions): Promise<FaultyLink> => {
  let state: LinkState = { kind: 'clear' }
  let changed = Promise.withResolvers<void>()
  let leftBytes = Infinity
  let ever = 0
  const pairs = new Set<readonly [Socket, Socket]>()
  const bytes: Record<Direction, number> = { up: 0, down: 0 }

  const cut = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy()
    pairs.clear()
  }

  const piecesOf = function* (chunk: Buffer): Generator<Buffer> {
    for (let at = 0; at < chunk.length;) {
      const size =
        state.kind === 'fragment' ? 1 + Math.floor(random() * state.largestBytes) : chunk.length - at
      yield chunk.subarray(at, (at += size))
    }
  }

  const isStalled = (direction: Direction): boolean =>
    state.kind === 'stall' && state.directions.includes(direction)

  /** Ends when either side has ended; what comes while the link is stalled waits in the sender's socket. */
  const pump = async (from: Socket, to: Socket, direction: Direction): Promise<void> => {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      for (const piece of piecesOf(chunk)) {
        while (isStalled(direction) && !from.destroyed) await changed.promise
        if (state.kind === 'slow') await sleep(state.delayMs)
        const cutting = state.kind === 'cut-after' && state.direction === direction
        const passed = cutting ? piece.subarray(0, leftBytes) : piece
        bytes[direction] += passed.length
        const drained = to.write(passed)
        if (cutting && (leftBytes -= passed.length) <= 0) {
          state = { kind: 'clear' }
          // What was written must go out before the reset.
          await new Promise((resolve) => setImmediate(resolve))
          cut()
          return
        }
        if (!drained) await once(to, 'drain')
        // Each fragment a segment of its own.
        if (state.kind === 'fragment') await new Promise((resolve) => setImmediate(resolve))
      }
    }
    to.end()
  }

  const server = createServer((client) => {
    ever += 1
    client.on('error', () => undefined)
    if (state.kind === 'refuse') {
      client.resetAndDestroy()
      return
    }
    const upstream = connect({ host: '127.0.0.1', port: target(), noDelay: true })
    client.setNoDelay(true)
    const pair = [client, upstream] as const
    pairs.add(pair)
    for (const socket of pair) {
      socket.on('error', () => undefined)
      socket.once('close', () => {
        pairs.delete(pair)
        for (const other of pair) other.destroy()
        wakeAll()
      })
    }
    pump(client, upstream, 'up').catch(() => client.destroy())
    pump(upstream, client, 'down').catch(() => upstream.destroy())
  })
  const wakeAll = (): void => {
    changed.resolve()
    changed = Promise.withResolvers<void>()
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the link has no port')

  return {
    port: address.port,
    set(next) {
      state = next
      leftBytes = next.kind === 'cut-after' ? next.bytes : Infinity
      if (next.kind === 'refuse') cut()
      wakeAll()
    },
    cut,
    connections: () => ({ open: pairs.size, ever }),
    bytes: () => ({ ...bytes }),
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}
