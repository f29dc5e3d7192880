import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NadiError } from '../city/errors.ts'
import { isLoopback, parseConfig, settingNames } from '../config.ts'

/** What a person is told: the message, and below it what each setting should be. */
const told = (parse: () => unknown): string => {
  try {
    parse()
  } catch (error) {
    if (!(error instanceof NadiError)) throw error
    return [error.message, ...error.problems.map(({ pointer, detail }) => `${pointer}: ${detail}`)].join('\n')
  }
  return 'nothing is wrong'
}

describe('the settings', () => {
  it('have the defaults of the reference, paths meant from the given folder', () => {
    expect(parseConfig({}, '/srv/nadi')).toEqual({
      cityFile: '/srv/nadi/examples/city.yaml',
      dataDir: '/srv/nadi/data',
      host: '127.0.0.1',
      mqttHost: '127.0.0.1',
      httpPort: 8080,
      mqttPort: 1883,
      mqttsPort: 8883,
      tls: { http: false, names: [], certFile: undefined, keyFile: undefined },
      flowsPort: 1880,
      store: 'embedded',
      influxUrl: undefined,
      flowsUrl: undefined,
      historyDays: 60,
      rawDays: 0,
      keepDays: {},
      reportDays: 90,
      language: 'id',
      log: 'info',
    })
  })

  it.each([
    [{ NADI_HTTP_PORT: '80800' }, /NADI_HTTP_PORT/],
    [{ NADI_RAW_DAYS: '30' }, /NADI_RAW_DAYS.*31/],
    [{ NADI_KEEP_DAYS: 'occupancy=30' }, /NADI_KEEP_DAYS.*31/],
    [{ NADI_KEEP_DAYS: 'co2=400,ocupancy=400' }, /NADI_KEEP_DAYS.*"ocupancy".*"occupancy"/],
    [{ NADI_KEEP_DAYS: 'occupancy' }, /NADI_KEEP_DAYS.*occupancy=400/],
    [{ NADI_LANGUAGE: 'fr' }, /NADI_LANGUAGE/],
    [{ NADI_STORE: 'influx' }, /NADI_INFLUX_URL/],
    [{ NADI_TLS_CERT: 'city.pem' }, /NADI_TLS_KEY/],
    [{ NADI_TLS_NAMES: 'city.example, /etc' }, /NADI_TLS_NAMES/],
  ])('say which is wrong and what it should be: %j', (env, message) => {
    expect(told(() => parseConfig(env, '/'))).toMatch(message)
  })

  it.each([
    [{}, '127.0.0.1', false],
    [{ NADI_TLS: 'true' }, '127.0.0.1', true],
    [{ NADI_HOST: '::1' }, '::1', false],
    [{ NADI_HOST: 'localhost' }, 'localhost', false],
    [{ NADI_HOST: '127.8.9.10' }, '127.8.9.10', false],
    [{ NADI_HOST: '127.evil.example' }, '127.0.0.1', true],
    [{ NADI_HOST: '127.0.0.1.evil.example' }, '127.0.0.1', true],
    [{ NADI_HOST: '0.0.0.0' }, '127.0.0.1', true],
    [{ NADI_HOST: '10.1.2.3' }, '127.0.0.1', true],
    [{ NADI_HOST: '0.0.0.0', NADI_TRUSTED_NETWORK: 'true' }, '0.0.0.0', false],
    [{ NADI_HOST: '0.0.0.0', NADI_TRUSTED_NETWORK: 'true', NADI_TLS: 'true' }, '0.0.0.0', true],
  ])('let passwords leave this machine only over TLS or on a trusted network: %j', (env, mqttHost, http) => {
    expect(parseConfig(env, '/')).toMatchObject({ mqttHost, tls: { http } })
  })

  it.each([
    ['127.0.0.1', true],
    ['[::1]', true],
    ['::ffff:127.0.0.1', true],
    ['localhost', true],
    ['127.evil.example', false],
    ['localhost.evil.example', false],
    ['10.0.0.1', false],
    ['::2', false],
  ])('know an address that stays on this machine from one that does not: %s', (host, stays) => {
    expect(isLoopback(host)).toBe(stays)
  })

  it('take names for the certificate, and files meant from the given folder', () => {
    const env = {
      NADI_TLS_NAMES: 'City.example, 10.0.0.7',
      NADI_TLS_CERT: 'tls/city.pem',
      NADI_TLS_KEY: '/k.pem',
    }
    expect(parseConfig(env, '/srv')).toMatchObject({
      tls: { names: ['city.example', '10.0.0.7'], certFile: '/srv/tls/city.pem', keyFile: '/k.pem' },
    })
  })

  it('raise nothing but our own error, whatever the environment holds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom<string>(...settingNames), fc.string()), (env) => {
        try {
          parseConfig(env, '/')
        } catch (error) {
          expect(error).toBeInstanceOf(NadiError)
        }
      }),
    )
  })
})
