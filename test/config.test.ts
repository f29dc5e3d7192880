import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NadiError } from '../city/errors.ts'
import { parseConfig, settingNames } from '../config.ts'

describe('the settings', () => {
  it('have the defaults of the reference, paths meant from the given folder', () => {
    expect(parseConfig({}, '/srv/nadi')).toEqual({
      cityFile: '/srv/nadi/examples/city.yaml',
      dataDir: '/srv/nadi/data',
      host: '127.0.0.1',
      httpPort: 8080,
      mqttPort: 1883,
      flowsPort: 1880,
      store: 'embedded',
      influxUrl: undefined,
      flowsUrl: undefined,
      historyDays: 60,
      language: 'id',
      log: 'info',
    })
  })

  it.each([
    [{ NADI_HTTP_PORT: '80800' }, /NADI_HTTP_PORT/],
    [{ NADI_LANGUAGE: 'fr' }, /NADI_LANGUAGE/],
    [{ NADI_STORE: 'influx' }, /NADI_INFLUX_URL/],
    [{ NADI_HOST: '0.0.0.0' }, /NADI_TRUSTED_NETWORK=true/],
  ])('say which is wrong and what it should be: %j', (env, message) => {
    expect(() => parseConfig(env, '/')).toThrow(message)
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
