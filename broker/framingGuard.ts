import { Duplex } from 'node:stream'
import { CONNECT_HEADER, DISCONNECT_HEADER, INCOMPLETE, MALFORMED, packetLength } from './framing.ts'
import { createIdleTimer } from './idleTimer.ts'
import type { BrokerLimits } from './limits.ts'
import { keepAliveSeconds, violationOf } from './packetRules.ts'

/**
 * Stands between a connection (TCP, TLS, WebSocket) and the MQTT broker. Hands on whole packets only: Aedes 1.2.0 on
 * Node 26 reads just the first piece of a packet that comes in several. Caps each packet from its fixed header, before
 * CONNECT too, so that nobody makes the broker keep what a header merely announces, and ends the connection at the
 * first packet that breaks the protocol. What follows CONNECT waits until the broker has admitted the client, what
 * follows DISCONNECT is not read.
 */
export interface FramingGuard extends Duplex {
  /** CONNACK is out: hands on what came after CONNECT [MQTT-3.1.4-5]. */
  admit(): void
}

export interface GuardOptions {
  limits: Pick<BrokerLimits, 'maxPacketBytes' | 'maxConnectBytes' | 'maxIdleMs' | 'unreadTimeoutMs'>
  /** Called once when the peer broke a rule or fell silent; the connection is destroyed. */
  onRefused: (reason: string) => void
  /**
   * Told what was read; answers how long to read nothing more. Slows a sender down by TCP's own back-pressure, so that
   * nothing of it is lost.
   */
  pauseMs?: (bytes: number, packets: number) => number
}

type Stage = 'new' | 'waiting' | 'open' | 'left'

/** Answers a stream that speaks whole packets. Destroying it ends the connection. */
export const createFramingGuard = (
  source: Duplex,
  { limits, onRefused, pauseMs }: GuardOptions,
): FramingGuard => {
  // Pieces of the packet that is not whole yet, and how long they must be before it is worth looking again.
  let pieces: Buffer[] = []
  let heldBytes = 0
  let neededBytes = 0
  let stage: Stage = 'new'
  let wanted = false
  let ended = false
  let pausing: NodeJS.Timeout | undefined
  let unread: NodeJS.Timeout | undefined

  const hasLeft = (): boolean => stage === 'left'

  const resume = (): void => {
    if (!wanted || pausing !== undefined || stage === 'waiting') return
    // Nothing could be heard until now, however long that was.
    if (source.isPaused()) idle.heard()
    source.resume()
  }

  const write = (bytes: Buffer, callback: () => void): void => {
    const hasRoom = source.write(bytes, () => {
      clearTimeout(unread)
      unread = undefined
      callback()
    })
    if (hasRoom) return
    unread ??= setTimeout(() => refuse('what was sent to it is not read'), limits.unreadTimeoutMs).unref()
  }

  const stream = new Duplex({
    read() {
      wanted = true
      resume()
    },
    // A write that fails must not throw away what was read and is not handled yet: `source` reports it by itself.
    write(chunk: Buffer, _encoding, callback) {
      write(chunk, callback)
    },
    writev(chunks: { chunk: Buffer }[], callback) {
      write(Buffer.concat(chunks.map(({ chunk }) => chunk)), callback)
    },
    final(callback) {
      source.end(callback)
    },
    destroy(error, callback) {
      clearTimeout(pausing)
      clearTimeout(unread)
      idle.stop()
      pieces = []
      endSource(source, error !== null)
      callback(error)
    },
  })

  const refuse = (reason: string, returnCode?: number): void => {
    onRefused(reason)
    if (returnCode !== undefined) {
      // CONNACK without a session [MQTT-3.2.2-4], and the end [MQTT-3.2.2-5].
      source.write(Buffer.from([0x20, 2, 0, returnCode]))
      stream.destroy()
      return
    }
    stream.destroy()
    source.destroy()
  }

  // Silence counts only while we listen: whoever is read slowly has not fallen silent.
  const idle = createIdleTimer({
    isListening: () => !source.isPaused(),
    onIdle: (ms) => refuse(`nothing was heard for ${ms} ms`),
  })

  const take = (chunk: Buffer): void => {
    if (stage === 'left') return
    if (stage === 'waiting' || heldBytes + chunk.length < neededBytes) {
      pieces.push(chunk)
      heldBytes += chunk.length
      return
    }
    const bytes = heldBytes > 0 ? Buffer.concat([...pieces, chunk]) : chunk
    const { end, packets, length, wrong } = wholePackets(bytes)
    if (wrong !== undefined && end === 0) return refuse(wrong.reason, wrong.returnCode)
    keepRest(bytes, end, length)
    if (end > 0) handOn(bytes, end, packets)
    if (wrong !== undefined) refuseAfterwards(wrong.reason)
  }

  /** What came before the packet that is wrong is handled, however TCP cut it; nothing more is read. */
  const refuseAfterwards = (reason: string): void => {
    onRefused(reason)
    stage = 'left'
    pieces = []
    stream.push(null)
    setTimeout(() => stream.destroy(), LINGER_MS).unref()
  }

  /** Looks at each packet that is whole, up to one after which nothing is handed on yet (CONNECT) or ever (DISCONNECT). */
  const wholePackets = (bytes: Buffer) => {
    let end = 0
    let packets = 0
    let length = INCOMPLETE
    const wrong = (reason: string, returnCode?: number) => ({
      end,
      packets,
      length,
      wrong: { reason, returnCode },
    })
    while (end < bytes.length && (stage === 'new' || stage === 'open')) {
      const header = bytes[end]
      if (stage === 'new' && header !== CONNECT_HEADER) return wrong('the first packet is not CONNECT')
      // [MQTT-3.1.0-2]
      if (stage === 'open' && header === CONNECT_HEADER) return wrong('a second CONNECT')
      length = packetLength(bytes, end)
      if (length === MALFORMED) return wrong('the remaining length is malformed')
      const most = stage === 'new' ? limits.maxConnectBytes : limits.maxPacketBytes
      if (length > most) return wrong(`a packet of ${length} bytes is over ${most}`)
      if (length === INCOMPLETE || end + length > bytes.length) break
      const violation = violationOf(bytes, end, end + length)
      if (violation !== undefined) return wrong(violation.reason, violation.returnCode)
      if (stage === 'new') {
        stage = 'waiting'
        idle.start(keepAliveMs(keepAliveSeconds(bytes, end), limits.maxIdleMs))
      } else if (header === DISCONNECT_HEADER) stage = 'left'
      end += length
      packets += 1
      length = INCOMPLETE
    }
    return { end, packets, length, wrong: undefined }
  }

  const keepRest = (bytes: Buffer, end: number, length: number): void => {
    heldBytes = bytes.length - end
    // A header of which only a part has come needs at least one byte more.
    neededBytes = heldBytes === 0 || stage === 'waiting' ? 0 : Math.max(length, heldBytes + 1)
    // Copied, so that a piece of a few bytes does not keep alive the whole buffer that it came in.
    pieces = heldBytes === 0 ? [] : [Buffer.from(bytes.subarray(end))]
  }

  const handOn = (bytes: Buffer, end: number, packets: number): void => {
    idle.heard()
    wanted = stream.push(end === bytes.length ? bytes : bytes.subarray(0, end))
    const waitMs = pauseMs?.(end, packets) ?? 0
    if (waitMs > 0) {
      pausing = setTimeout(() => {
        pausing = undefined
        resume()
      }, waitMs)
    }
    if (waitMs > 0 || !wanted || stage === 'waiting') source.pause()
  }

  source.on('data', (chunk: Buffer) => {
    if (!stream.destroyed) take(chunk)
  })
  // Once the peer has said all it had to say, that is handled to its end, whatever becomes of the connection.
  source.on('end', () => {
    ended = true
    if (stage !== 'waiting' && !hasLeft()) stream.push(null)
  })
  source.on('error', (error) => {
    if (!ended) stream.destroy(error)
  })
  source.on('close', () => {
    if (!ended) stream.destroy()
  })
  source.pause()
  return Object.assign(stream, {
    admit(): void {
      if (stage !== 'waiting' || stream.destroyed) return
      stage = 'open'
      if (heldBytes > 0) take(Buffer.alloc(0))
      if (!ended) resume()
      else if (!stream.destroyed && !hasLeft()) stream.push(null)
    },
  })
}

/** One and a half times what was announced [MQTT-3.1.2-24]; nobody is borne in silence for ever. */
const keepAliveMs = (seconds: number, maxIdleMs: number): number =>
  seconds === 0 ? maxIdleMs : Math.min(seconds * 1500, maxIdleMs)

/** Lets what was written go out (a CONNACK that says why), but waits for nobody who does not read. */
const endSource = (source: Duplex, atOnce: boolean): void => {
  if (source.destroyed) return
  if (atOnce) {
    source.destroy()
    return
  }
  const timer = setTimeout(() => source.destroy(), LINGER_MS)
  timer.unref()
  source.once('close', () => clearTimeout(timer))
  source.end(() => source.destroy())
}

const LINGER_MS = 2000
