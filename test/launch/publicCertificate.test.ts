import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { connect, createServer } from 'node:tls'
import { expect, it } from 'vitest'
import { openPublicCertificate } from '../../authority/publicCertificate.ts'
import { linesOf } from '../broker/support.ts'
import { testAuthority } from '../support/authority.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { until } from '../support/until.ts'

const NAME = 'city.example'

/** A server that shows the certificate of two files, which a test can write over. */
const served = async () => {
  const stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const file = (name: string): string => path.join(folder.path, name)
  /** A self-signed certificate and its key, in PEM. */
  const make = (): { cert: string; key: string } => {
    const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=${NAME} -addext subjectAltName=DNS:${NAME} -days 9 -keyout ${file('made-key')} -out ${file('made-cert')}`
    expect(spawnSync('openssl', args.split(' ')).status).toBe(0)
    return { cert: readFileSync(file('made-cert'), 'utf8'), key: readFileSync(file('made-key'), 'utf8') }
  }
  const [certFile, keyFile] = [file('cert.pem'), file('key.pem')]
  const first = make()
  writeFileSync(certFile, first.cert)
  writeFileSync(keyFile, first.key)
  const authority = stack.use(await testAuthority())
  const { log, lines } = linesOf()
  const now = Date.now
  const shownCertificate = stack.use(
    await openPublicCertificate({ own: authority.tls, certFile, keyFile, now, log, checkEveryMs: 10 }),
  )
  const server = createServer(shownCertificate.tls.options(), (socket) => {
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stack.defer(() => void server.close())
  const open = () =>
    connect({
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      servername: NAME,
      rejectUnauthorized: false,
    })
  /** The number of the certificate that a new connection is shown. */
  const shown = () =>
    new Promise<string>((resolve, reject) => {
      const socket = open()
      socket.once('error', reject)
      socket.once('secureConnect', () => {
        resolve(socket.getPeerCertificate().serialNumber)
        socket.destroy()
      })
    })
  return {
    certFile,
    keyFile,
    first,
    make,
    open,
    shown,
    lines,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const numberOf = (cert: string): string => new X509Certificate(cert).serialNumber
const CANNOT = 'the one before is still served'
const times = (text: string, what: string): number => text.split(what).length - 1

it('shows a renewed certificate from elsewhere without a restart, and open connections live on', async () => {
  await using at = await served()
  expect(await at.shown()).toBe(numberOf(at.first.cert))
  const before = at.open()
  await new Promise((resolve) => before.once('secureConnect', resolve))
  const next = at.make()
  writeFileSync(at.keyFile, next.key)
  writeFileSync(at.certFile, next.cert)
  await until(async () => (await at.shown()) === numberOf(next.cert))
  expect(at.lines()).toContain('NADI_TLS_CERT has changed and is served')
  const echoed = new Promise<string>((resolve) => before.once('data', (bytes) => resolve(bytes.toString())))
  before.write('still here')
  expect(await echoed).toBe('still here')
  before.destroy()
})

it('shows the one before while the pair is half written, and says so', async () => {
  await using at = await served()
  const next = at.make()
  const halves: (() => void)[] = [
    () => writeFileSync(at.certFile, next.cert.slice(0, next.cert.length / 2)),
    () => writeFileSync(at.certFile, ''),
    // The certificate is whole, the key is still that of the one before.
    () => writeFileSync(at.certFile, next.cert),
    () => writeFileSync(at.keyFile, ''),
    () => writeFileSync(at.keyFile, next.key.slice(0, next.key.length / 2)),
  ]
  for (const write of halves) {
    write()
    const said = times(at.lines(), CANNOT)
    // Twice: a look that had begun before the file was written says nothing of it.
    await until(() => times(at.lines(), CANNOT) > said + 1)
    expect(await at.shown()).toBe(numberOf(at.first.cert))
  }
  writeFileSync(at.keyFile, next.key)
  await until(async () => (await at.shown()) === numberOf(next.cert))
})
