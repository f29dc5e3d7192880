import { describe, expect, it } from 'vitest'
import { NadiError } from '../../city/errors.ts'
import { temporaryApi } from './adminFixture.ts'

const ROUTES = [
  ['GET', '/v1/devices'],
  ['POST', '/v1/devices'],
  ['DELETE', '/v1/devices/edge'],
  ['GET', '/v1/users'],
  ['POST', '/v1/users'],
  ['DELETE', '/v1/users/ana'],
  ['GET', '/v1/keys'],
  ['POST', '/v1/keys'],
  ['DELETE', '/v1/keys/x'],
  ['GET', '/v1/quarantine'],
  ['POST', '/v1/quarantine/retry'],
  ['DELETE', '/v1/quarantine/1'],
] as const

describe('administration', () => {
  it.each(ROUTES)('%s %s is closed to everybody but administrators', async (method, to) => {
    await using api = await temporaryApi()
    const body = method === 'POST' ? {} : undefined
    // Without a key or an origin, a DELETE may be a forged form: it is refused before anybody asks who it is.
    expect([401, 403]).toContain((await api.ask(method, to, { key: '', body })).status)
    for (const role of ['operator', 'scientist', 'citizen', 'agency:x'] as const) {
      const { key } = api.catalogue.keys.add(role, 'test')
      expect((await api.ask(method, to, { key, body })).status).toBe(403)
    }
  })
})

describe('devices', () => {
  it('are added with a password that works, listed and revoked', async () => {
    await using api = await temporaryApi()
    const { status, body, headers } = await api.ask('POST', '/v1/devices', {
      body: { id: 'edge', building: 'library' },
    })
    expect(status).toBe(201)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toMatchObject({ device: 'edge', building: 'library', buildingIsKnown: true })
    expect(api.catalogue.devices.authenticate('edge', body.password)?.device.id).toBe('edge')

    const list = await api.ask('GET', '/v1/devices')
    expect(list.body).toMatchObject({ items: [{ id: 'edge', status: 'never', revokedAt: null }], next: null })
    expect(JSON.stringify(list.body)).not.toContain(body.password)

    expect((await api.ask('DELETE', '/v1/devices/edge')).status).toBe(204)
    expect(api.catalogue.devices.authenticate('edge', body.password)).toBeUndefined()
    expect((await api.ask('DELETE', '/v1/devices/nobody')).body).toMatchObject({ code: 'not-found' })
  })

  it('that exist or are named wrongly are refused with what to do', async () => {
    await using api = await temporaryApi()
    const add = (body: unknown) => api.ask('POST', '/v1/devices', { body })
    await add({ id: 'edge', building: 'annex' })
    expect(await add({ id: 'edge', building: 'annex' })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    })
    const wrong = await add({ id: 'a:b', building: 'Library', more: 1 })
    expect(wrong.status).toBe(400)
    expect(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/building',
      '/id',
      '/more',
    ])
  })

  it('are not called "alarms", which is the city’s own in topics', async () => {
    await using api = await temporaryApi()
    const { status, body } = await api.ask('POST', '/v1/devices', {
      body: { id: 'alarms', building: 'library' },
    })
    expect({ status, errors: body.errors }).toMatchObject({ status: 400, errors: [{ pointer: '/id' }] })
  })

  it('are listed page by page', async () => {
    await using api = await temporaryApi()
    for (const id of ['a', 'b', 'c']) api.catalogue.devices.add(id, 'library')
    const seen: string[] = []
    for (let to: string | null = '/v1/devices?limit=2'; to !== null;) {
      const { body }: { body: { items: { id: string }[]; next: string | null } } = await api.ask('GET', to)
      seen.push(...body.items.map(({ id }) => id))
      to = body.next
    }
    expect(seen).toEqual(['a', 'b', 'c'])
  })
})

describe('accounts', () => {
  it('get a password that is told once, or keep the given one', async () => {
    await using api = await temporaryApi()
    const made = await api.ask('POST', '/v1/users', { body: { name: 'ana', role: 'operator' } })
    expect(made.status).toBe(201)
    expect(await api.catalogue.users.authenticate('ana', made.body.password)).toMatchObject({
      role: 'operator',
    })
    const given = await api.ask('POST', '/v1/users', {
      body: { name: 'budi', role: 'agency:works', password: 'correct horse battery' },
    })
    expect(given.body).toEqual({ name: 'budi', role: 'agency:works' })
    expect((await api.ask('GET', '/v1/users')).body.items).toMatchObject([{ name: 'ana' }, { name: 'budi' }])
  })

  it.each([
    ['a role that there is not', { name: 'ana', role: 'king' }, '/role'],
    ['a citizen', { name: 'ana', role: 'citizen' }, '/role'],
    ['a short password', { name: 'ana', role: 'operator', password: 'short' }, '/password'],
  ])('refuse %s and point at it', async (_, body, pointer) => {
    await using api = await temporaryApi()
    expect(await api.ask('POST', '/v1/users', { body })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer }] },
    })
  })

  it('keep the only administrator', async () => {
    await using api = await temporaryApi()
    await api.catalogue.users.add('ana', 'administrator', 'correct horse battery')
    expect((await api.ask('DELETE', '/v1/users/ANA')).status).toBe(409)
    await api.catalogue.users.add('budi', 'administrator', 'correct horse battery')
    expect((await api.ask('DELETE', '/v1/users/ana')).status).toBe(204)
  })
})

describe('keys', () => {
  it('are made, listed without their secret and revoked, but never by themselves', async () => {
    await using api = await temporaryApi()
    const { status, body } = await api.ask('POST', '/v1/keys', {
      body: { role: 'scientist', name: 'notebook' },
    })
    expect(status).toBe(201)
    expect(api.catalogue.keys.authenticate(body.key)).toMatchObject({ role: 'scientist', name: 'notebook' })
    const list = await api.ask('GET', '/v1/keys')
    expect(list.body.items).toHaveLength(2)
    expect(JSON.stringify(list.body)).not.toContain(body.key.split('_').slice(2).join('_'))
    expect((await api.ask('DELETE', `/v1/keys/${body.id}`)).status).toBe(204)
    expect(api.catalogue.keys.authenticate(body.key)).toBeUndefined()
    const own = api.administrator.split('_')[1]
    expect((await api.ask('DELETE', `/v1/keys/${own}`)).status).toBe(409)
  })
})

describe('quarantine', () => {
  const pack = (payload: Uint8Array, device = 'edge') => ({
    device,
    topic: 't',
    arrivedMs: 1_000,
    reason: 'not JSON',
    payload,
  })

  it('shows what was sent, as text where it is text, page by page', async () => {
    await using api = await temporaryApi()
    api.catalogue.quarantine.addAll([
      pack(Buffer.from('{"n":')),
      pack(Uint8Array.of(0xff, 0xfe)),
      pack(Buffer.from('x'), 'other'),
    ])
    const { body } = await api.ask('GET', '/v1/quarantine?device=edge&limit=1')
    expect(body).toMatchObject({
      items: [{ id: 1, arrivedAt: '1970-01-01T00:00:01.000Z', payload: '{"n":', encoding: 'utf-8' }],
      quarantinedEver: 3,
      droppedEver: 0,
    })
    const second = await api.ask('GET', body.next)
    expect(second.body.items).toMatchObject([{ id: 2, payload: '//4=', encoding: 'base64', sizeBytes: 2 }])
    expect((await api.ask('GET', second.body.next)).body).toMatchObject({ items: [], next: null })
  })

  it('shows that nothing was sent, in the list and where the device is checked', async () => {
    await using api = await temporaryApi()
    api.catalogue.devices.add('edge', 'library')
    api.catalogue.quarantine.add(pack(Buffer.alloc(0)))
    const { body } = await api.ask('GET', '/v1/quarantine')
    expect(body.items).toMatchObject([{ payload: '', encoding: 'utf-8', sizeBytes: 0 }])
    const check = await api.ask('GET', '/v1/devices/edge/check')
    expect(check.body.rejected).toMatchObject([{ payload: '', bytes: 0 }])
  })

  it('shows the start of a long text as text, wherever it is cut', async () => {
    await using api = await temporaryApi()
    const text = `x${'€'.repeat(10_000)}`
    api.catalogue.quarantine.add(pack(Buffer.from(text)))
    const { body } = await api.ask('GET', '/v1/quarantine')
    expect(body.items).toMatchObject([{ payload: text.slice(0, 500), encoding: 'utf-8', sizeBytes: 30_001 }])
  })

  it('retries all or chosen packs, keeps what is still not understood and says why', async () => {
    const retried: number[] = []
    // Like the broker: whatever it has stored it also removes.
    await using api = await temporaryApi({
      retryQuarantined: async (id) => {
        retried.push(id)
        const { quarantine } = api.catalogue
        if (!quarantine.find(id)) throw new NadiError('not-found', `There is no quarantined pack ${id}.`)
        if (id === 2) return { outcome: 'quarantined', reason: 'still not JSON' }
        quarantine.remove(id)
        return { outcome: 'stored' }
      },
    })
    api.catalogue.quarantine.addAll([1, 2, 3].map(() => pack(Buffer.from('x'))))
    expect((await api.ask('POST', '/v1/quarantine/retry', { body: { ids: [3] } })).body).toEqual({
      retried: 1,
      stored: 1,
      remaining: [],
      nextAfterId: null,
    })
    expect((await api.ask('POST', '/v1/quarantine/retry', { body: {} })).body).toEqual({
      retried: 2,
      stored: 1,
      remaining: [{ id: 2, reason: 'still not JSON' }],
      nextAfterId: null,
    })
    expect(retried).toEqual([3, 1, 2])
    expect(api.catalogue.quarantine.list().map(({ id }) => id)).toEqual([2])
    api.catalogue.quarantine.add(pack(Buffer.from('x')))
    // Nothing is retried when one of the packs is not there.
    expect((await api.ask('POST', '/v1/quarantine/retry', { body: { ids: [4, 99] } })).status).toBe(404)
    expect(api.catalogue.quarantine.ids()).toEqual([2, 4])
    expect((await api.ask('POST', '/v1/quarantine/retry', { body: { ids: [4, 4] } })).body).toEqual({
      retried: 1,
      stored: 1,
      remaining: [],
      nextAfterId: null,
    })
    expect((await api.ask('DELETE', '/v1/quarantine/2')).status).toBe(204)
    expect((await api.ask('DELETE', '/v1/quarantine/2')).status).toBe(404)
  })

  it('tells what became of the others when a pack goes while they are retried', async () => {
    await using api = await temporaryApi({
      retryQuarantined: async (id) => {
        const { quarantine } = api.catalogue
        if (id === 2) throw new NadiError('not-found', 'There is no quarantined pack 2.')
        quarantine.remove(id)
        return { outcome: 'stored' }
      },
    })
    api.catalogue.quarantine.addAll([1, 2, 3].map(() => pack(Buffer.from('x'))))
    const { body } = await api.ask('POST', '/v1/quarantine/retry', { body: { ids: [1, 2, 3] } })
    expect(body).toMatchObject({ retried: 3, stored: 2, remaining: [{ id: 2 }] })
  })

  it('says that nothing can be retried while there is no broker', async () => {
    await using api = await temporaryApi()
    api.catalogue.quarantine.add(pack(Buffer.from('x')))
    expect((await api.ask('POST', '/v1/quarantine/retry', { body: {} })).status).toBe(503)
  })
})
