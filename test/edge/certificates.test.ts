import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createAgent } from '../../edge/agent.ts'
import { createPulse } from '../../edge/pulse.ts'
import { brokerUnderTest } from '../broker/support.ts'
import { clientCertificate } from '../support/authority.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { until } from '../support/until.ts'

it('an agent with a certificate needs no password, and takes a rotated one without a restart', async () => {
  await using folder = await temporaryFolder()
  await using city = await brokerUnderTest()
  const [caFile = '', certFile = '', keyFile = ''] = ['ca.pem', 'agent.crt', 'agent.key'].map((name) =>
    path.join(folder.path, name),
  )
  const install = async (): Promise<string> => {
    const { cert, key, serial } = await clientCertificate(city.authority, 'library-edge', city)
    writeFileSync(certFile, cert)
    writeFileSync(keyFile, key)
    return serial
  }
  city.device('library-edge')
  writeFileSync(caFile, city.authority.certificate)
  const first = await install()

  const more = createPulse()
  let given = 0
  await using agent = await createAgent({
    config: {
      device: 'library-edge',
      proof: { caFile, certFile, keyFile },
      urls: [city.tlsUrl],
      building: 'library',
      spool: { file: path.join(folder.path, 'spool.sqlite'), maxBytes: 1e7 },
      publishIntervalMs: 0,
      backlogPerSecond: 2_000,
      driver: { kind: 'test' },
      folder: folder.path,
    },
    driver: {
      describe: () => ({ things: [], datastreams: [{ name: 'library/co2' }] }),
      async *read(signal) {
        const stopped = new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve())
        })
        while (!signal.aborted) {
          given += 1
          yield [{ datastream: 'library/co2', timeMs: 1_764_000_000_000 + given, value: 400 }]
          await Promise.race([more.next(), stopped])
        }
      },
      [Symbol.asyncDispose]: async () => undefined,
    },
    log: pino({ level: 'silent' }),
    now: Date.now,
    random: Math.random,
    limits: { retryFirstMs: 50, retryLongestMs: 200, refusedFirstMs: 50, refusedLongestMs: 200 },
  })
  await until(() => agent.stats().acknowledged === 1)

  city.catalogue.certificates.revoke(first)
  more.beat()
  await until(() => agent.stats().count === 1 && !agent.stats().connected, { what: 'the refusal' })
  await install()
  await until(() => agent.stats().count === 0)
  expect(await city.samples('library/co2')).toHaveLength(2)
})
