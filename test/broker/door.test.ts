import { createHttpServer } from '../../api/server.ts'
import type { TlsSource } from '../../authority/tlsSource.ts'
import { doorContract } from '../contracts/door.ts'
import { type BrokerUnderTest, log } from './support.ts'

doorContract({
  name: 'TCP',
  open: ({ url }) => Promise.resolve({ url, [Symbol.asyncDispose]: () => Promise.resolve() }),
})

doorContract({
  name: 'TLS',
  open: ({ tlsUrl, authority }) =>
    Promise.resolve({
      url: tlsUrl,
      options: { ca: authority.certificate },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
})

/** The city's own HTTP server in front of the broker. */
const overHttp = ({ broker }: BrokerUnderTest, tls?: TlsSource) =>
  createHttpServer({
    app: { fetch: () => new Response(null, { status: 404 }) },
    host: '127.0.0.1',
    port: 0,
    upgrades: { '/mqtt': broker.handleUpgrade },
    log,
    ...(tls && { tls }),
  })

doorContract({
  name: 'WebSocket',
  async open(city) {
    const server = await overHttp(city)
    return { url: `ws://127.0.0.1:${server.port}/mqtt`, [Symbol.asyncDispose]: () => server.close() }
  },
})

doorContract({
  name: 'WebSocket over TLS',
  async open(city) {
    const server = await overHttp(city, city.authority.tls)
    return {
      url: `wss://127.0.0.1:${server.port}/mqtt`,
      options: { ca: city.authority.certificate },
      [Symbol.asyncDispose]: () => server.close(),
    }
  },
})
