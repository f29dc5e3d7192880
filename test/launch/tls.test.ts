import { spawnSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { networkInterfaces } from 'node:os'
import path from 'node:path'
import { connect } from 'node:tls'
import mqtt from 'mqtt'
import { describe, expect, it } from 'vitest'
import { testCity } from '../support/city.ts'

/** A city without demonstration buildings and Node-RED, so that it starts soon. */
const EMPTY_CITY = {
  NADI_CITY: path.resolve(import.meta.dirname, 'empty-city.yaml'),
  NADI_FLOWS_URL: 'http://127.0.0.1:9',
}

/** Whether something accepts connections there. */
const answers = (host: string, port: string): Promise<boolean> =>
  mqtt
    .connectAsync(`mqtt://${host}:${port}`, { reconnectPeriod: 0, connectTimeout: 3_000 })
    .then(() => true)
    .catch((error: Error) => /not authorized/i.test(error.message))

const get = (url: string, ca: string): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    request(url, { ca, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
      .on('error', reject)
      .end()
  })

describe('A city on the loopback address', () => {
  it('serves MQTT over TLS beside plaintext by a certificate of its own authority, which outlives a restart', async () => {
    await using city = await testCity(EMPTY_CITY)
    const run = await city.start()
    expect(city.output()).toContain(run.mqtts)
    expect(run.mqtts).toMatch(/^mqtts:\/\/127\.0\.0\.1:\d+$/)
    for (const name of ['ca-key.pem', 'ca.pem', 'server.pem']) {
      expect(statSync(path.join(city.dataDir, 'secrets/authority', name)).mode & 0o777).toBe(0o600)
    }
    const ca = city.authority()
    const made = JSON.parse(
      (await city.nadi('devices', 'add', 'gate-1', '--building', 'library', '--json')).stdout,
    )
    const publish = async (to: string) => {
      const client = await mqtt.connectAsync(to, {
        ca,
        username: 'gate-1',
        password: made.password,
        clientId: 'gate-1',
        reconnectPeriod: 0,
      })
      await client.publishAsync('nadi/v1/gate-1/observations', '[{"n":"library/co2","v":400}]', { qos: 1 })
      await client.endAsync()
    }
    for (const to of [run.mqtt, run.mqtts]) await publish(to)
    city.process().kill('SIGTERM')
    expect(await city.ended()).toBe(0)

    const again = await city.start({ NADI_TLS: 'true' })
    expect(city.authority()).toBe(ca)
    expect(again.http).toMatch(/^https:\/\/127\.0\.0\.1:/)
    for (const to of [again.mqtts, `${again.http.replace('https', 'wss')}/mqtt`]) await publish(to)
    expect((await get(`${again.http}/healthz`, ca)).status).toBe(200)
    // The command line knows its own city's authority.
    expect((await city.nadi('devices', 'list')).stdout).toContain('gate-1')
    expect((await city.nadi('doctor')).code).toBe(0)
  })
})

describe('A city on another address', () => {
  const own = Object.values(networkInterfaces())
    .flatMap((its) => its ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address

  it('serves HTTPS and MQTT over TLS there, and plaintext MQTT to this machine alone', async (ctx) => {
    if (own === undefined) {
      ctx.skip('this machine has no address but loopback')
      return
    }
    await using city = await testCity({ ...EMPTY_CITY, NADI_HOST: '0.0.0.0' })
    const run = await city.start()
    expect(run.http).toMatch(/^https:/)
    const port = (url: string) => new URL(url).port
    const ca = city.authority()
    expect((await get(`https://${own}:${port(run.http)}/healthz`, ca)).status).toBe(200)
    expect(await answers('127.0.0.1', port(run.mqtt))).toBe(true)
    expect(await answers(own, port(run.mqtt))).toBe(false)
    await expect(
      mqtt.connectAsync(`mqtts://${own}:${port(run.mqtts)}`, { ca, reconnectPeriod: 0 }),
    ).rejects.toThrow(/not authorized/i)
    await expect(fetch(`http://${own}:${port(run.http)}/healthz`)).rejects.toThrow()
  })

  it('shows a certificate from elsewhere to those who ask for its name, and its own to all others', async () => {
    await using city = await testCity({ ...EMPTY_CITY, NADI_TLS: 'true' })
    const file = (name: string) => path.join(path.dirname(city.dataDir), name)
    const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=city.example -addext subjectAltName=DNS:city.example -days 9 -keyout ${file('key.pem')} -out ${file('cert.pem')}`
    expect(spawnSync('openssl', args.split(' ')).status).toBe(0)
    const run = await city.start({ NADI_TLS_CERT: file('cert.pem'), NADI_TLS_KEY: file('key.pem') })
    const shown = (servername: string) =>
      new Promise<string | undefined>((resolve) => {
        const socket = connect(
          { host: '127.0.0.1', port: Number(new URL(run.http).port), servername, rejectUnauthorized: false },
          () => {
            resolve(socket.getPeerX509Certificate()?.toString())
            socket.destroy()
          },
        )
      })
    const elsewhere = readFileSync(file('cert.pem'), 'utf8')
    expect(await shown('city.example')).toBe(elsewhere)
    expect(await shown('localhost')).not.toBe(elsewhere)
    expect((await city.nadi('devices', 'list')).code).toBe(0)
  })

  it('does not start with a certificate and a key that do not belong together', async () => {
    await using city = await testCity({ ...EMPTY_CITY, NADI_TLS: 'true' })
    const cert = path.join(path.dirname(city.dataDir), 'wrong.pem')
    writeFileSync(cert, 'no certificate')
    await expect(city.start({ NADI_TLS_CERT: cert, NADI_TLS_KEY: cert })).rejects.toThrow(/NADI_TLS_CERT/)
  })
})
