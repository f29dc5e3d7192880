import { connect, type Socket } from 'node:net'
import type { FuzzCase } from './mutate.ts'

export type Ending = 'by the broker' | 'by us'

/** Nobody waits longer than this for a broker that hangs. */
const DEADLINE_MS = 20_000

/**
 * Sends a case and a last PINGREQ. The broker ends the connection at what is wrong; where all is well it answers, and
 * we end it, by reset or orderly. What ends in half a packet swallows the PINGREQ: then we end it when nothing comes.
 */
export const sendCase = async (
  port: number,
  one: FuzzCase,
): Promise<{ ending: Ending; answered: number }> => {
  const socket = open(port)
  let answered = 0
  let byUs = false
  const end = (): void => {
    byUs ||= !socket.destroyed
    if (one.packets % 2 === 0) socket.resetAndDestroy()
    else socket.end()
  }
  const quiet = setTimeout(end, QUIET_MS)
  const deadline = setTimeout(() => socket.destroy(), DEADLINE_MS)
  socket.on('data', (bytes: Buffer) => {
    answered += packetsIn(bytes)
    if (bytes.subarray(-2).equals(PINGRESP)) end()
    else quiet.refresh()
  })
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
  })
  for (const piece of [...one.pieces, PINGREQ]) {
    if (socket.destroyed) break
    socket.write(piece)
    if (one.pieces.length > 1) await new Promise(setImmediate)
  }
  await closed
  clearTimeout(quiet)
  clearTimeout(deadline)
  return { ending: byUs ? 'by us' : 'by the broker', answered }
}

const QUIET_MS = 700
const PINGREQ = Buffer.from([0xc0, 0])
const PINGRESP = Buffer.from([0xd0, 0])

/** A header that announces more than the cap must end the connection: its body is not taken in. */
export const announceTooMuch = async (port: number): Promise<string | undefined> => {
  const socket = open(port)
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
  })
  const deadline = setTimeout(() => socket.destroy(), DEADLINE_MS)
  socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]))
  // More than the kernel's buffers hold: who takes all of it keeps it.
  let taken = 0
  while (!socket.destroyed && taken < BODY_BYTES) {
    const more = new Promise<void>((resolve) => {
      socket.write(Buffer.alloc(256_000), () => resolve())
    })
    await Promise.race([more, closed])
    taken += 256_000
  }
  const tookAll = !socket.destroyed && taken >= BODY_BYTES
  socket.destroy()
  await closed
  clearTimeout(deadline)
  return tookAll ? 'a packet over the cap was taken in' : undefined
}

const BODY_BYTES = 16_000_000

const open = (port: number): Socket => {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  socket.on('error', () => undefined)
  socket.resume()
  return socket
}

/** Roughly: how many short packets stand in what was read. */
const packetsIn = (bytes: Buffer): number => {
  let count = 0
  for (let at = 0; at < bytes.length; count += 1) at += 2 + ((bytes[at + 1] ?? 0) & 0x7f)
  return count
}
