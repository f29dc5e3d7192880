import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect as connectPlain } from 'node:net'
import path from 'node:path'
import { connect, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls'
import mqtt, { type IClientOptions } from 'mqtt'
import { describe, expect, it } from 'vitest'
import { clientCertificate, testAuthority } from '../support/authority.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { until } from '../support/until.ts'
import { brokerUnderTest, type BrokerTestOptions, linesOf } from './support.ts'

/** A broker with TLS, its log, and clients that trust its authority. */
const overTls = async (options: BrokerTestOptions = {}) => {
  const stack = new AsyncDisposableStack()
  const { log, lines } = linesOf()
  const city = stack.use(await brokerUnderTest({ log, ...options }))
  const connectTo = async (more: IClientOptions) => {
    const client = await mqtt.connectAsync(city.tlsUrl, {
      ca: city.authority.certificate,
      reconnectPeriod: 0,
      ...more,
    })
    client.on('error', () => undefined)
    stack.defer(() => client.endAsync(true))
    return client
  }
  return { city, lines, connect: connectTo, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const reading = (second: number) => JSON.stringify([{ n: 'library/co2', t: 1_760_000_000 + second, v: 400 }])
const observations = 'nadi/v1/gate-1/observations'

describe('A device with a certificate', () => {
  it('stores without a password, with its user name or none', async () => {
    await using it = await overTls()
    it.city.device('gate-1')
    const { key, cert } = await clientCertificate(it.city.authority, 'gate-1', it.city)
    for (const [second, name] of [undefined, 'gate-1'].entries()) {
      const client = await it.connect({
        key,
        cert,
        clientId: 'gate-1',
        ...(name !== undefined && { username: name }),
      })
      await client.publishAsync(observations, reading(second), { qos: 1 })
      expect(await it.city.samples('library/co2')).toHaveLength(second + 1)
    }
  })

  it('is given a client id when it has none, and refused one that is not its own', async () => {
    await using it = await overTls()
    it.city.device('gate-1')
    const { key, cert } = await clientCertificate(it.city.authority, 'gate-1', it.city)
    expect((await it.connect({ key, cert, clientId: '' })).connected).toBe(true)
    for (const clientId of ['gate-2', 'gate-10', 'gate-2:gate-1']) {
      await expect(it.connect({ key, cert, clientId })).rejects.toThrow(/identifier rejected/i)
    }
  })

  it('takes nobody else’s session over, whatever else it presents', async () => {
    await using it = await overTls()
    const victim = await it.connect({
      username: 'gate-2',
      password: it.city.device('gate-2'),
      clientId: 'gate-2',
      clean: false,
    })
    let closed = false
    victim.on('close', () => (closed = true))
    it.city.device('gate-1')
    const password = it.city.catalogue.devices.rotate('gate-2', 60_000)
    const mine = await clientCertificate(it.city.authority, 'gate-1', it.city)
    const reader = it.city.catalogue.keys.add('operator', 'reads')
    const attempts: IClientOptions[] = [
      { clientId: 'gate-2' },
      { clientId: 'gate-2', username: 'gate-1' },
      { clientId: 'gate-2', username: 'gate-2' },
      { clientId: 'gate-2', username: 'gate-2', password },
      { clientId: reader.id, username: reader.id, password: reader.key },
    ]
    for (const attempt of attempts) {
      await expect(it.connect({ ...mine, ...attempt })).rejects.toThrow(/identifier rejected|not authorized/i)
    }
    expect(it.lines()).toContain('the user name is another one’s, \\"gate-2\\"')
    await victim.publishAsync('nadi/v1/gate-2/status', 'online', { qos: 1 })
    expect(closed).toBe(false)
  })

  it('may publish for its own building and topics alone, as with a password', async () => {
    await using it = await overTls()
    it.city.device('gate-1')
    const { key, cert } = await clientCertificate(it.city.authority, 'gate-1', it.city)
    const client = await it.connect({ key, cert, clientId: 'gate-1' })
    await client.publishAsync('nadi/v1/gate-2/observations', reading(0), { qos: 1 })
    await client.publishAsync(observations, JSON.stringify([{ n: 'clinic/co2', v: 1 }]), { qos: 1 })
    expect(it.city.catalogue.datastreams.list()).toEqual([])
    expect(it.city.catalogue.devices.find('gate-1')?.forbiddenCount).toBe(2)
  })
})

describe('A certificate is refused, and the log says why,', () => {
  const refusedWith = async (
    it: Awaited<ReturnType<typeof overTls>>,
    certificate: IClientOptions,
    why: string,
  ) => {
    await expect(it.connect({ clientId: 'gate-1', ...certificate })).rejects.toThrow(/not authorized/i)
    expect(it.lines()).toContain(why)
  }

  it('when another authority signed it, even one of the same name', async () => {
    await using it = await overTls()
    const password = it.city.device('gate-1')
    using other = await testAuthority()
    const forged = await clientCertificate(other, 'gate-1', it.city)
    await refusedWith(it, { key: forged.key, cert: forged.cert }, 'not signed by this city’s authority')
    // A right password does not make up for it.
    await refusedWith(it, { ...forged, username: 'gate-1', password }, 'not signed by this city’s authority')
  })

  it('when it is self-signed', async () => {
    await using it = await overTls()
    it.city.device('gate-1')
    await using folder = await temporaryFolder()
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder.path, name))
    const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=gate-1 -days 1 -keyout ${key} -out ${cert}`
    expect(spawnSync('openssl', args.split(' ')).status).toBe(0)
    await refusedWith(
      it,
      { key: readFileSync(key ?? ''), cert: readFileSync(cert ?? '') },
      'it is self-signed',
    )
  })

  it('when it was revoked, or its device, or nothing is known of it', async () => {
    await using it = await overTls()
    it.city.device('gate-1')
    const { serial, ...revoked } = await clientCertificate(it.city.authority, 'gate-1', it.city)
    it.city.catalogue.certificates.revoke(serial)
    await refusedWith(it, revoked, 'it is revoked')

    const unknown = await clientCertificate(it.city.authority, 'gate-1')
    await refusedWith(it, unknown, 'the city has no record of it')

    const { key, cert } = await clientCertificate(it.city.authority, 'gate-1', it.city)
    it.city.catalogue.devices.revoke('gate-1')
    await refusedWith(it, { key, cert }, 'its device is revoked')
    it.city.device('gate-1')
    await refusedWith(it, { key, cert }, 'it is revoked')
  })

  it('when it has expired, also where a resumed session is not checked by TLS', async () => {
    let nowMs = Date.now()
    await using it = await overTls({ now: () => nowMs })
    it.city.device('gate-1')
    const { key, cert } = await clientCertificate(it.city.authority, 'gate-1', { ...it.city, days: 2 })
    const first = await it.connect({ key, cert, clientId: 'gate-1' })
    // What mqtt.js hands on to TLS without naming it.
    const resuming = { session: (first.stream as TLSSocket).getSession() }
    const resumed = await it.connect({ key, cert, clientId: 'gate-1', ...resuming })
    expect((resumed.stream as TLSSocket).isSessionReused()).toBe(true)

    nowMs += 3 * 86_400_000
    await expect(it.connect({ key, cert, clientId: 'gate-1', ...resuming })).rejects.toThrow(
      /not authorized/i,
    )
    expect(it.lines()).toContain('it has expired')
  })

  it('when it is the server’s own', async () => {
    await using it = await overTls()
    const options = it.city.authority.tls.options()
    await refusedWith(it, { key: options.key, cert: options.cert }, 'not a client’s certificate')
  })
})

describe('A connection by certificate', () => {
  it('ends when the certificate does: by revocation, by expiry, by its device’s end', async () => {
    let nowMs = Date.now()
    await using it = await overTls({ now: () => nowMs })
    const connected = async (device: string, days = 30) => {
      it.city.device(device)
      const { key, cert, serial } = await clientCertificate(it.city.authority, device, { ...it.city, days })
      const client = await it.connect({ key, cert, clientId: device })
      return { serial, client }
    }
    const revoked = await connected('gate-1')
    const gone = await connected('gate-2')
    const short = await connected('gate-3', 1)
    const stays = await connected('gate-4')
    it.city.catalogue.certificates.revoke(revoked.serial)
    await until(() => !revoked.client.connected)
    it.city.catalogue.devices.revoke('gate-2')
    await until(() => !gone.client.connected)
    expect(short.client.connected).toBe(true)
    nowMs += 2 * 86_400_000
    await until(() => !short.client.connected)
    expect(stays.client.connected).toBe(true)
  })

  it('says nothing more from the moment of revocation on', async () => {
    await using it = await overTls()
    it.city.device('gate-1')
    const { key, cert, serial } = await clientCertificate(it.city.authority, 'gate-1', it.city)
    const client = await it.connect({ key, cert, clientId: 'gate-1' })
    it.city.catalogue.certificates.revoke(serial)
    client.publish(observations, reading(0), { qos: 1 })
    await until(() => !client.connected)
    expect(await it.city.samples('library/co2')).toEqual([])
  })
})

describe('The TLS port', () => {
  /** What became of a handshake: the protocol agreed on, or the error. */
  const handshake = (port: number, options: ConnectionOptions): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () => {
        resolve(socket.getProtocol() ?? '')
        socket.destroy()
      })
      socket.on('error', (error) => resolve(error.message))
    })
  const old: ConnectionOptions = {
    minVersion: 'TLSv1.1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT:@SECLEVEL=0',
  }

  it('speaks TLS 1.2 and 1.3 and refuses 1.1, which the same client speaks elsewhere', async () => {
    await using it = await overTls()
    const port = it.city.broker.tlsPort ?? 0
    expect(await handshake(port, { maxVersion: 'TLSv1.2' })).toBe('TLSv1.2')
    expect(await handshake(port, {})).toBe('TLSv1.3')
    expect(await handshake(port, old)).toMatch(/protocol version|unsupported protocol/)
    await until(() => it.lines().includes('TLS handshake failed'))

    const { key, cert } = it.city.authority.tls.options()
    const lenient = createServer({ key, cert, minVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' })
    await new Promise<void>((resolve) => lenient.listen(0, '127.0.0.1', resolve))
    expect(await handshake((lenient.address() as AddressInfo).port, old)).toBe('TLSv1.1')
    lenient.close()
  })

  it('is for those alone who trust this city’s authority', async () => {
    await using it = await overTls()
    const password = it.city.device('gate-1')
    using other = await testAuthority()
    const credentials = { username: 'gate-1', password, clientId: 'gate-1' }
    await expect(it.connect({ ...credentials, ca: other.certificate })).rejects.toThrow(/certificate/i)
    expect((await it.connect(credentials)).connected).toBe(true)
  })

  it('shows a renewed certificate without a restart, and open connections live on', async () => {
    // Begun in the past: the client of the test goes by the real clock.
    let nowMs = Date.now() - 61 * 86_400_000
    using authority = await testAuthority({ now: () => nowMs, checkEveryMs: 10 })
    await using it = await overTls({ authority })
    const client = await it.connect({
      username: 'gate-1',
      password: it.city.device('gate-1'),
      clientId: 'gate-1',
    })
    const shown = () =>
      new Promise<string>((resolve) => {
        const socket = connect(
          { host: '127.0.0.1', port: it.city.broker.tlsPort ?? 0, ca: authority.certificate },
          () => {
            resolve(socket.getPeerCertificate().serialNumber)
            socket.destroy()
          },
        )
      })
    const before = await shown()
    expect(await shown()).toBe(before)
    nowMs += 61 * 86_400_000
    await until(async () => (await shown()) !== before)
    await client.publishAsync(observations, reading(0), { qos: 1 })
    expect(await it.city.samples('library/co2')).toHaveLength(1)
  })

  it('holds no connection in the handshake for ever, and only so many of one address', async () => {
    await using it = await overTls({ limits: { handshakeTimeoutMs: 100, maxHandshakesPerAddress: 3 } })
    const port = it.city.broker.tlsPort ?? 0
    const closed = Array.from(
      { length: 4 },
      () =>
        new Promise<void>((resolve) => {
          const socket = connectPlain({ host: '127.0.0.1', port }).resume()
          socket.on('close', () => resolve())
          socket.on('error', () => undefined)
        }),
    )
    await until(() => it.lines().includes('too many handshakes at once'))
    await Promise.all(closed)
    // Each of them has given its place back, and so has whoever is connected.
    for (let i = 0; i < 5; i += 1) expect(await handshake(port, {})).toBe('TLSv1.3')
    const password = it.city.device('gate-1')
    for (let i = 0; i < 5; i += 1) {
      await it.connect({ username: 'gate-1', password, clientId: `gate-1:${i}` })
    }
  })
})

describe('mosquitto_pub over TLS', () => {
  it('stores with a certificate alone, and with a password', async () => {
    await using it = await overTls()
    await using folder = await temporaryFolder()
    const password = it.city.device('gate-1')
    const { key, cert } = await clientCertificate(it.city.authority, 'gate-1', it.city)
    const files = Object.entries({ ca: it.city.authority.certificate, key, cert }).map(([name, text]) => {
      const file = path.join(folder.path, `${name}.pem`)
      writeFileSync(file, text)
      return file
    })
    const [ca = '', keyFile = '', certFile = ''] = files
    const common = [
      '-h',
      '127.0.0.1',
      '-p',
      String(it.city.broker.tlsPort),
      '--cafile',
      ca,
      '-i',
      'gate-1',
      '-q',
      '1',
    ]
    const publish = (second: number, ...more: string[]) =>
      new Promise<{ code: number | null; output: string }>((resolve) => {
        const child = spawn('mosquitto_pub', [...common, '-t', observations, '-m', reading(second), ...more])
        let output = ''
        child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()))
        child.on('close', (code) => resolve({ code, output }))
      })
    expect(await publish(0, '--cert', certFile, '--key', keyFile)).toEqual({ code: 0, output: '' })
    expect(await publish(1, '-u', 'gate-1', '-P', password)).toEqual({ code: 0, output: '' })
    expect(await it.city.samples('library/co2')).toHaveLength(2)
    it.city.catalogue.devices.revoke('gate-1')
    const refused = await publish(2, '--cert', certFile, '--key', keyFile)
    expect(refused.code).not.toBe(0)
    expect(refused.output).toMatch(/not authori[sz]ed/i)
  })
})
