import { Counter, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { openTestApi } from './testApi.ts'

describe('for whoever watches the city', () => {
  it('/healthz answers with the addresses', async () => {
    const addresses = {
      http: 'http://127.0.0.1:8080',
      mqtt: 'mqtt://127.0.0.1:1883',
      mqtts: 'mqtts://127.0.0.1:8883',
      flows: undefined,
    }
    await using api = await openTestApi({ addresses: () => addresses })
    const { flows: _, ...told } = addresses
    expect(await api.json('/healthz')).toEqual({ status: 'ok', addresses: told })
  })

  it('/readyz names the part that is not ready', async () => {
    await using api = await openTestApi({ readiness: () => ({ broker: true }) })
    expect(await api.json('/readyz')).toEqual({
      ready: true,
      parts: { store: true, catalogue: true, broker: true },
    })
    await api.context.observations.close()
    const answer = await api.json('/readyz', undefined, 503)
    expect(answer).toMatchObject({ ready: false, parts: { store: false, catalogue: true } })
  })

  it('/metrics shows what others registered and times requests by route, never by path', async () => {
    const metrics = new Registry()
    new Counter({ name: 'nadi_broker_packs_total', help: 'Packs', registers: [metrics] }).inc(3)
    await using api = await openTestApi({ metrics })
    await api.get('/v1/buildings/shared-office/now')
    await api.get('/v1/buildings/some-secret-name/now')
    const response = await api.get('/metrics')
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const text = await response.text()
    expect(text).toContain('nadi_broker_packs_total 3')
    expect(text).toMatch(
      /nadi_http_request_duration_seconds_count\{[^}]*route="\/v1\/buildings\/:building\/now"/,
    )
    expect(text).not.toContain('some-secret-name')
  })
})
