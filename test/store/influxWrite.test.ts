import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Point } from '../../city/observation.ts'
import { influxAddress } from '../../store/influx/address.ts'
import { writePoints } from '../../store/influx/refusals.ts'
import { createLineWriter, type WriteLines } from '../../store/influx/writeRequest.ts'

type Answer = { status: number; headers?: Record<string, string>; body?: string } | 'silence' | 'cut'

/** A server that gives these answers in turn, the last one ever after, and keeps what it was sent. */
const scripted = async (...answers: Answer[]) => {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    request.setEncoding('utf8')
    let body = ''
    request.on('data', (text: string) => (body += text))
    request.on('end', () => {
      const answer = answers[Math.min(bodies.length, answers.length - 1)] ?? { status: 204 }
      bodies.push(body)
      if (answer === 'cut') request.socket.destroy()
      else if (answer !== 'silence') response.writeHead(answer.status, answer.headers).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const holding = new AbortController()
  const write = createLineWriter({
    address: influxAddress(`http://nadi:very-secret@127.0.0.1:${port}/nadi`),
    timeoutMs: 300,
    maxHoldMs: 5000,
    holding: holding.signal,
    cut: new AbortController().signal,
  })
  return {
    write,
    bodies,
    holding,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

const lines = ['observations,ds=1 value=1 1000']
const failure = async (write: WriteLines): Promise<Error & { code?: string }> =>
  write({ lines }).then(
    () => expect.fail('it was stored'),
    (error: unknown) => error as Error,
  )

describe('a write to InfluxDB', () => {
  it.each([
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '0' } }],
    ['503 with Retry-After', { status: 503, headers: { 'retry-after': '0.05' } }],
  ])('waits as long as a server that is busy asks for: %s', async (_, busy) => {
    await using server = await scripted(busy, busy, { status: 204 })
    expect(await server.write({ lines })).toEqual({ outcome: 'stored' })
    expect(server.bodies).toEqual([lines[0], lines[0], lines[0]])
  })

  it('does not wait for ever, and says that the server is too busy', async () => {
    await using server = await scripted({ status: 429, headers: { 'retry-after': '3600' } })
    const error = await failure(server.write)
    expect(error).toMatchObject({ code: 'store-unavailable', message: expect.stringContaining('too busy') })
    expect(server.bodies).toHaveLength(1)
  })

  it('stops waiting when the store closes', async () => {
    await using server = await scripted({ status: 429, headers: { 'retry-after': '4' } })
    const waiting = failure(server.write)
    server.holding.abort()
    expect((await waiting).code).toBe('store-unavailable')
  })

  it.each<[string, Answer]>([
    ['500', { status: 500, body: '{"error":"engine is closed"}' }],
    ['503 that asks for nothing', { status: 503 }],
    ['502 of a proxy', { status: 502, body: '<html>' }],
    ['400 that is not about lines', { status: 400, body: '{"error":"database is required"}' }],
    ['404', { status: 404, body: '{"error":"database not found: nadi"}' }],
    ['401', { status: 401, body: '{"error":"authorization failed"}' }],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
    ['silence', 'silence'],
    ['a cut connection', 'cut'],
  ])('of unknown outcome is not confirmed, not sent again, and tells no secret: %s', async (_, answer) => {
    await using server = await scripted(answer)
    const error = await failure(server.write)
    expect(error.code).toBe('store-unavailable')
    expect(server.bodies).toHaveLength(1)
    expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toContain('very-secret')
  })

  it('that is too large goes in halves', async () => {
    await using server = await scripted({ status: 413 }, { status: 204 })
    const points = [1, 2, 3].map((timeMs) => ({ datastreamId: 1, timeMs, value: timeMs }))
    expect(await writePoints(server.write, points)).toEqual([])
    expect(server.bodies.map((body) => body.split('\n').length)).toEqual([3, 2, 1])
  })
})

/** A server in memory that refuses some points, as InfluxDB does: the rest is stored, a count and one reason answered. */
const refusing = (isRefused: (line: string) => boolean) => {
  const stored = new Set<string>()
  const requests = { count: 0 }
  const write: WriteLines = async (request) => {
    requests.count += 1
    const dropped = request.lines.filter(isRefused)
    for (const line of request.lines) if (!isRefused(line)) stored.add(line)
    return dropped.length === 0
      ? { outcome: 'stored' }
      : { outcome: 'partial', reason: 'field type conflict', dropped: dropped.length }
  }
  return { write, stored, requests }
}

describe('a partial write', () => {
  it('is resolved line by line, whichever lines are refused', async () => {
    const points = fc.uniqueArray(
      fc.record({ datastreamId: fc.nat(5), timeMs: fc.nat(50), value: fc.constantFrom(0, 1) }),
      { minLength: 1, selector: ({ datastreamId, timeMs }) => `${datastreamId} ${timeMs}` },
    )
    await fc.assert(
      fc.asyncProperty(points, async (all) => {
        const server = refusing((line) => line.includes('value=1 '))
        const refusals = await writePoints(server.write, all)
        const key = ({ datastreamId, timeMs }: Point): string => `${datastreamId} ${timeMs}`
        expect(refusals.map(({ point }) => key(point)).sort()).toEqual(
          all
            .filter(({ value }) => value === 1)
            .map(key)
            .sort(),
        )
        expect(server.stored.size).toBe(all.length - refusals.length)
      }),
    )
  })

  it('costs few requests when what is refused is old', async () => {
    const server = refusing((line) => Number(line.split(' ')[2]) < 1000)
    const points = Array.from({ length: 8192 }, (_, i) => ({ datastreamId: i % 7, timeMs: i, value: 1 }))
    expect(await writePoints(server.write, points)).toHaveLength(1000)
    expect(server.requests.count).toBeLessThan(60)
  })
})
