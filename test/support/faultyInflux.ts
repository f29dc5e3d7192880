import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'

/** What becomes of a request to InfluxDB from now on. */
export type InfluxFault =
  /** Handed on, and so is the answer. */
  | { kind: 'clear' }
  /** Answered with this and never handed on. */
  | { kind: 'status'; status: number; body?: string; headers?: Record<string, string> }
  /** Handed on and applied, but the answer is this. */
  | { kind: 'status-after'; status: number; body?: string }
  /** Never answered, never handed on. */
  | { kind: 'silence' }
  /** The connection is reset before anything is handed on. */
  | { kind: 'cut-before' }
  /** Handed on and applied; the connection is reset instead of the answer. */
  | { kind: 'cut-after' }

/**
 * An HTTP server in front of a real InfluxDB that gives the answers which the real one cannot be made to give. Faults
 * hit writes alone unless `all` is said.
 */
export interface FaultyInflux extends AsyncDisposable {
  url: string
  set(fault: InfluxFault, reach?: 'writes' | 'all'): void
  /** Requests that came, and how many of them were handed on. */
  counts(): { writes: number; writesPassed: number; queries: number }
}

/** `target` is asked at each request: the real server may come back on another port. */
export const createFaultyInflux = async (target: () => string): Promise<FaultyInflux> => {
  let fault: InfluxFault = { kind: 'clear' }
  let reach: 'writes' | 'all' = 'writes'
  const counts = { writes: 0, writesPassed: 0, queries: 0 }

  const server = createServer((incoming, answer) => {
    const isWrite = incoming.url?.startsWith('/write') ?? false
    if (isWrite) counts.writes += 1
    else counts.queries += 1
    void handle(incoming, answer, isWrite || reach === 'all' ? fault : { kind: 'clear' }, isWrite).catch(() =>
      answer.destroy(),
    )
  })

  const handle = async (
    incoming: IncomingMessage,
    answer: ServerResponse,
    met: InfluxFault,
    isWrite: boolean,
  ): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
    if (met.kind === 'silence') return
    if (met.kind === 'cut-before') {
      incoming.socket.resetAndDestroy()
      return
    }
    if (met.kind === 'status') {
      answer.writeHead(met.status, { 'content-type': 'application/json', ...met.headers })
      answer.end(met.body ?? `{"error":"status ${met.status}"}`)
      return
    }
    const { status, headers, body } = await passOn(target(), incoming, Buffer.concat(chunks))
    if (isWrite) counts.writesPassed += 1
    if (met.kind === 'cut-after') incoming.socket.resetAndDestroy()
    else if (met.kind === 'status-after') {
      answer.writeHead(met.status, { 'content-type': 'application/json' })
      answer.end(met.body ?? `{"error":"status ${met.status}"}`)
    } else {
      answer.writeHead(status, headers)
      answer.end(body)
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the stub has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    set(next, where = 'writes') {
      fault = next
      reach = where
    },
    counts: () => ({ ...counts }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

interface Answer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: Buffer
}

const passOn = (target: string, incoming: IncomingMessage, body: Buffer): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { host: _, connection: __, 'transfer-encoding': ___, ...headers } = incoming.headers
    const outgoing = request(
      new URL(incoming.url ?? '/', target),
      {
        method: incoming.method ?? 'GET',
        headers: { ...headers, 'content-length': body.length },
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const { 'transfer-encoding': _encoding, connection: _connection, ...kept } = response.headers
          resolve({ status: response.statusCode ?? 502, headers: kept, body: Buffer.concat(chunks) })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
