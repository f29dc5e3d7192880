import { Duplex } from 'node:stream'
import { CONNECT_HEADER, INCOMPLETE, MALFORMED, MAX_PACKET_BYTES, packetLength } from './framing.ts'

/**
 * Stands between a connection (TCP, TLS, WebSocket) and the MQTT broker. Hands on whole packets only: Aedes 1.2.0 on
 * Node 26 reads just the first piece of a packet that comes in several. Caps each packet from its fixed header, before
 * CONNECT too, so that nobody makes the broker keep what a header merely announces.
 */
export interface GuardOptions {
  maxPacketBytes?: number
  /** Called once when the peer broke the framing; the connection is destroyed. */
  onRefused: (reason: string) => void
  /**
   * Told what was read; answers how long to read nothing more. Slows a sender down by TCP's own back-pressure, so that
   * nothing of it is lost.
   */
  pauseMs?: (bytes: number, packets: number) => number
}

/** Answers a stream that speaks whole packets. Destroying it ends the connection. */
export const createFramingGuard = (
  source: Duplex,
  { maxPacketBytes = MAX_PACKET_BYTES, onRefused, pauseMs }: GuardOptions,
): Duplex => {
  // Pieces of the packet that is not whole yet, and how long they must be before it is worth looking again.
  let pieces: Buffer[] = []
  let heldBytes = 0
  let neededBytes = 0
  let greeted = false
  let wanted = false
  let ended = false
  let pausing: NodeJS.Timeout | undefined

  const guard = new Duplex({
    read() {
      wanted = true
      if (pausing === undefined) source.resume()
    },
    // A write that fails must not throw away what was read and is not handled yet: `source` reports it by itself.
    write(chunk: Buffer, _encoding, callback) {
      source.write(chunk, () => callback())
    },
    writev(chunks: { chunk: Buffer }[], callback) {
      source.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), () => callback())
    },
    final(callback) {
      source.end(callback)
    },
    destroy(error, callback) {
      clearTimeout(pausing)
      pieces = []
      endSource(source, error !== null)
      callback(error)
    },
  })

  const refuse = (reason: string): void => {
    onRefused(reason)
    guard.destroy()
    source.destroy()
  }

  const take = (chunk: Buffer): void => {
    if (heldBytes + chunk.length < neededBytes) {
      pieces.push(chunk)
      heldBytes += chunk.length
      return
    }
    const bytes = heldBytes > 0 ? Buffer.concat([...pieces, chunk]) : chunk
    if (!greeted && bytes[0] !== CONNECT_HEADER) return refuse('the first packet is not CONNECT')
    greeted = true
    let end = 0
    let packets = 0
    let length = INCOMPLETE
    while (end < bytes.length) {
      length = packetLength(bytes, end)
      if (length === MALFORMED) return refuse('the remaining length is malformed')
      if (length > maxPacketBytes) return refuse(`a packet of ${length} bytes is over ${maxPacketBytes}`)
      if (length === INCOMPLETE || end + length > bytes.length) break
      end += length
      packets += 1
      length = INCOMPLETE
    }
    keepRest(bytes, end, length)
    if (end > 0) handOn(bytes, end, packets)
  }

  const keepRest = (bytes: Buffer, end: number, length: number): void => {
    heldBytes = bytes.length - end
    // A header of which only a part has come needs at least one byte more.
    neededBytes = heldBytes === 0 ? 0 : Math.max(length, heldBytes + 1)
    // Copied, so that a piece of a few bytes does not keep alive the whole buffer that it came in.
    pieces = heldBytes === 0 ? [] : [Buffer.from(bytes.subarray(end))]
  }

  const handOn = (bytes: Buffer, end: number, packets: number): void => {
    wanted = guard.push(end === bytes.length ? bytes : bytes.subarray(0, end))
    const waitMs = pauseMs?.(end, packets) ?? 0
    if (waitMs > 0) {
      source.pause()
      pausing = setTimeout(() => {
        pausing = undefined
        if (wanted) source.resume()
      }, waitMs)
    } else if (!wanted) source.pause()
  }

  source.on('data', (chunk: Buffer) => {
    if (!guard.destroyed) take(chunk)
  })
  // Once the peer has said all it had to say, that is handled to its end, whatever becomes of the connection.
  source.on('end', () => {
    ended = true
    guard.push(null)
  })
  source.on('error', (error) => {
    if (!ended) guard.destroy(error)
  })
  source.on('close', () => {
    if (!ended) guard.destroy()
  })
  source.pause()
  return guard
}

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
