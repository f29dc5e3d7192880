import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { influxAddress } from '../../store/influx/address.ts'
import { connectInflux } from '../../store/influx/connection.ts'

/** A server that begins its answers; what comes of them is the test's. */
const serverThat = async (goesOn: (socket: { destroy(): void }) => void) => {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
    response.write('{"results"')
    response.on('error', () => undefined)
    setImmediate(() => goesOn(request.socket))
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: influxAddress(`http://127.0.0.1:${port}/nadi`),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

describe('a question to InfluxDB', () => {
  it('fails when the server dies in the middle of its answer', async () => {
    await using server = await serverThat((socket) => socket.destroy())
    const queries = connectInflux(server.address, { timeoutMs: 300, cut: new AbortController().signal })
    await expect(queries.ask(['show databases'])).rejects.toMatchObject({ code: 'store-unavailable' })
  })

  it('ends when the store closes, however long the server takes', async () => {
    await using server = await serverThat(() => undefined)
    const cut = new AbortController()
    const queries = connectInflux(server.address, { timeoutMs: 600_000, cut: cut.signal })
    const asked = queries.ask(['show databases'])
    setImmediate(() => cut.abort())
    await expect(asked).rejects.toMatchObject({ code: 'store-unavailable' })
    await expect(queries.ask(['show databases'])).rejects.toMatchObject({ code: 'store-unavailable' })
  })
})
