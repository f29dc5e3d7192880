import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import path from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { doorContract } from '../contracts/door.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

doorContract({
  name: 'TCP',
  open: ({ url }) => Promise.resolve({ url, [Symbol.asyncDispose]: () => Promise.resolve() }),
})

doorContract({
  name: 'WebSocket',
  async open({ broker }) {
    const server = createHttpServer()
    server.on('upgrade', broker.handleUpgrade)
    const port = await listening(server)
    return {
      url: `ws://127.0.0.1:${port}/mqtt`,
      [Symbol.asyncDispose]: () => Promise.resolve(void server.close()),
    }
  },
})

doorContract({
  name: 'TLS',
  async open({ broker }) {
    const server = createTlsServer(await selfSigned(), (socket) => broker.accept(socket, '127.0.0.1'))
    const port = await listening(server)
    return {
      url: `mqtts://127.0.0.1:${port}`,
      options: { rejectUnauthorized: false },
      [Symbol.asyncDispose]: () => Promise.resolve(void server.close()),
    }
  },
})

const selfSigned = async (): Promise<{ key: Buffer; cert: Buffer }> => {
  await using folder = await temporaryFolder()
  const key = path.join(folder.path, 'key.pem')
  const cert = path.join(folder.path, 'cert.pem')
  const made = spawnSync(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -days 1 -keyout ${key} -out ${cert}`.split(
      ' ',
    ),
  )
  if (made.status !== 0) throw new Error(`openssl could not make a certificate: ${made.stderr?.toString()}`)
  return { key: await readFile(key), cert: await readFile(cert) }
}
