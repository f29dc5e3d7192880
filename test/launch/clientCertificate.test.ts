import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import mqtt, { type IClientOptions } from 'mqtt'
import { expect, it } from 'vitest'
import { testCity } from '../support/city.ts'

const NAME = 'city.example'
/** The clock of a whole process, children included, three days on; timers run as ever. */
const THREE_DAYS_ON = {
  LD_PRELOAD: '/usr/$LIB/faketime/libfaketimeMT.so.1',
  FAKETIME: '+3d',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
}

it('lets a device in by its certificate over WSS as over MQTTS, and by the real clock no longer than it is valid', async () => {
  await using city = await testCity({
    NADI_CITY: path.resolve(import.meta.dirname, 'empty-city.yaml'),
    NADI_FLOWS_URL: 'http://127.0.0.1:9',
    NADI_TLS: 'true',
  })
  const file = (...names: string[]): string => path.join(path.dirname(city.dataDir), ...names)
  const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=${NAME} -addext subjectAltName=DNS:${NAME} -days 9 -keyout ${file('key.pem')} -out ${file('cert.pem')}`
  expect(spawnSync('openssl', args.split(' ')).status).toBe(0)
  const publicCertificate = { NADI_TLS_CERT: file('cert.pem'), NADI_TLS_KEY: file('key.pem') }
  let run = await city.start(publicCertificate)
  for (const [device, days] of [
    ['gate-1', '2'],
    ['gate-2', '30'],
  ] as const) {
    const words = `devices add ${device} --building library --days ${days} --certificate`.split(' ')
    const added = await city.nadi(...words, file(device))
    expect(added.code, added.stderr).toBe(0)
  }
  const proofOf = (device: string) => ({
    key: readFileSync(file(device, 'key.pem')),
    cert: readFileSync(file(device, 'cert.pem')),
  })
  const wss = (): string => `${run.http.replace('https', 'wss')}/mqtt`
  const asName = { servername: NAME, rejectUnauthorized: false }
  const underName: IClientOptions = { wsOptions: asName }
  /** Every way in; the second is shown the certificate from elsewhere. */
  const ways = (): [string, IClientOptions][] => [
    [run.mqtts, {}],
    [wss(), underName],
    [wss(), {}],
  ]
  const publish = async (to: string, options: IClientOptions, device: string, second: number) => {
    const client = await mqtt.connectAsync(to, {
      clientId: device,
      reconnectPeriod: 0,
      // What the server shows begins in its own today, which the test's clock may not have come to.
      rejectUnauthorized: false,
      ...options,
      // mqtt.js writes the proof of this client into it.
      ...(options.wsOptions && { wsOptions: { ...options.wsOptions } }),
    })
    const pack = [{ n: `library/${device}/co2`, t: Math.floor(Date.now() / 1000) - second, v: 400 }]
    await client.publishAsync(`nadi/v1/${device}/observations`, JSON.stringify(pack), { qos: 1 })
    await client.endAsync()
  }
  for (const [second, [to, options]] of ways().entries()) {
    for (const device of ['gate-1', 'gate-2']) {
      await publish(to, { ...proofOf(device), ...options }, device, second)
    }
    await expect(publish(to, options, 'gate-1', 9)).rejects.toThrow(/not authorized|identifier rejected/i)
  }
  city.process().kill('SIGTERM')
  expect(await city.ended()).toBe(0)

  run = await city.start({ ...publicCertificate, ...THREE_DAYS_ON, NADI_LOG: 'info' })
  for (const [second, [to, options]] of ways().entries()) {
    const expired = { ...proofOf('gate-1'), ...options }
    await expect(publish(to, expired, 'gate-1', 10 + second)).rejects.toThrow(
      /not authorized|identifier rejected/i,
    )
    await publish(to, { ...proofOf('gate-2'), ...options }, 'gate-2', 10 + second)
  }
  expect(city.output()).toContain('it has expired')
})
