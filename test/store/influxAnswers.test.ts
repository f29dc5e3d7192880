import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { influxAddress } from '../../store/influx/address.ts'
import { connectInflux } from '../../store/influx/connection.ts'

const serving = async (listener: RequestListener) => {
  const server = createServer(listener)
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

/** A server that begins its answers; what comes of them is the test's. It answers pings. */
const serverThat = (goesOn: (socket: { destroy(): void }) => void) =>
  serving((request, response) => {
    request.resume()
    if (request.url === '/ping') {
      response.writeHead(204).end()
      return
    }
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
    response.write('{"results"')
    response.on('error', () => undefined)
    setImmediate(() => goesOn(request.socket))
  })

/** Longer than a test may take. */
const VERY_LONG_MS = 600_000

describe('a question to InfluxDB', () => {
  it('fails when the server dies in the middle of its answer', async () => {
    await using server = await serverThat((socket) => socket.destroy())
    const queries = connectInflux(server.address, { timeoutMs: 300, cut: new AbortController().signal })
    await expect(queries.ask(['show databases'])).rejects.toMatchObject({ code: 'store-unavailable' })
  })

  it('ends when the store closes, however long the server takes', async () => {
    await using server = await serverThat(() => undefined)
    const cut = new AbortController()
    const queries = connectInflux(server.address, { timeoutMs: VERY_LONG_MS, cut: cut.signal })
    const asked = queries.ask(['show databases'])
    setImmediate(() => cut.abort())
    await expect(asked).rejects.toMatchObject({ code: 'store-unavailable' })
    await expect(queries.ask(['show databases'])).rejects.toMatchObject({ code: 'store-unavailable' })
  })

  it('fails long before its time-out while the server says nothing at all, and not after that', async () => {
    let isFrozen = true
    await using server = await serving((request, response) => {
      request.resume()
      if (!isFrozen) response.writeHead(200, { 'content-type': 'application/json' }).end('{"results":[{}]}')
    })
    const queries = connectInflux(server.address, {
      timeoutMs: VERY_LONG_MS,
      cut: new AbortController().signal,
    })
    const all = await Promise.allSettled([queries.ask(['show databases']), queries.ask(['show databases'])])
    expect(all).toMatchObject(
      all.map(() => ({
        status: 'rejected',
        reason: {
          code: 'store-unavailable',
          message: expect.stringMatching(/answers nothing, not even a ping/),
        },
      })),
    )
    await expect(queries.ask(['show databases'])).rejects.toMatchObject({ code: 'store-unavailable' })
    isFrozen = false
    expect(await queries.ask(['show databases'])).toEqual([[]])
  })

  it('may take as long as it takes while the server answers pings', async () => {
    let pings = 0
    let answer = (): void => undefined
    await using server = await serving((request, response) => {
      request.resume()
      if (request.url === '/ping') {
        response.writeHead(204).end()
        pings += 1
        if (pings === 2) answer()
        return
      }
      answer = () =>
        void response.writeHead(200, { 'content-type': 'application/json' }).end('{"results":[{}]}')
    })
    const queries = connectInflux(server.address, {
      timeoutMs: VERY_LONG_MS,
      cut: new AbortController().signal,
    })
    expect(await queries.ask(['select everything'])).toEqual([[]])
  })
})
