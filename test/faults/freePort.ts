import { createServer } from 'node:net'

/** Outside the range from which systems take the ports of outgoing connections: it must be free again after a kill. */
const FIRST_PORT = 20_000
const PORTS = 12_000

/** A port that is free and, as long as nobody asks for it by number, stays so while its owner is down. */
export const freePort = async (seed: number): Promise<number> => {
  for (let at = process.pid * 31 + seed * 7; ; at += 1) {
    const port = FIRST_PORT + (at % PORTS)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    await new Promise((resolve) => {
      server.close(resolve)
    })
    if (free) return port
  }
}
