import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { actorOf } from '../../api/audit.ts'
import { ANONYMOUS } from '../../api/auth.ts'
import { makeKey, makeRequest } from '../../authority/request.ts'
import { testAuthority } from '../support/authority.ts'
import { NOW_MS, openTestApi, readJson, type TestApi } from './testApi.ts'
import { modelIds, testModels } from './testModels.ts'

const SECRET = 'correct horse battery'
const stack = new AsyncDisposableStack()
let token = 'first'
let api: TestApi
let authority: Awaited<ReturnType<typeof testAuthority>>
beforeAll(async () => {
  authority = await testAuthority()
  api = await openTestApi({
    authority,
    setupToken: { check: (given) => given === token, consume: () => (token = 'used') },
    retryQuarantined: () => Promise.resolve({ outcome: 'stored' }),
    models: testModels(stack),
    backup: () => Readable.from([Buffer.from('archive')]),
  })
  await api.context.catalogue.users.add('sari', 'administrator', SECRET)
  await api.append(
    { datastream: 'shared-office/occupancy', timeMs: NOW_MS - 1000, value: 123 },
    { datastream: 'shared-office/temperature', timeMs: NOW_MS - 1000, value: 24 },
    { datastream: 'shared-office/floor-2/zone-a/power', timeMs: NOW_MS - 1000, value: 900 },
    { datastream: 'library/temperature', timeMs: NOW_MS - 1000, value: 25 },
  )
})
afterAll(async () => {
  authority.close()
  await stack.disposeAsync()
  await api[Symbol.asyncDispose]()
})

interface Written {
  actor: { kind: string; id: string }
  action: string
  subject: string
  detail: Record<string, unknown>
}

/** The entries that `run` leaves. */
const entriesOf = async (run: () => unknown): Promise<Written[]> => {
  const { audit } = api.context.catalogue
  const { seq } = audit.head()
  await run()
  return audit.list({ afterSeq: seq, limit: 1000 })
}

const send = async (method: string, url: string, body?: unknown, headers: Record<string, string> = {}) =>
  api.app.request(url, {
    method,
    headers: {
      authorization: `Bearer ${api.keys.administrator}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

const form = (url: string, fields: Record<string, string>, cookie = '') =>
  api.app.request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://localhost', cookie },
    body: new URLSearchParams(fields).toString(),
  })

const quarantineOne = (): number => {
  const { quarantine } = api.context.catalogue
  quarantine.add({
    device: 'x',
    topic: 'nadi/v1/x/observations',
    arrivedMs: NOW_MS,
    reason: 'no SenML',
    payload: Buffer.from('{'),
  })
  return quarantine.ids({ limit: 1000 }).at(-1) ?? 0
}

/** A way to do each thing that the document lets somebody change, and what the log then says. */
const ACTS: Readonly<Record<string, { act: () => Promise<Response>; entry: object }>> = {
  'POST /v1/devices': {
    act: () => send('POST', '/v1/devices', { id: 'meter-7', building: 'library' }),
    entry: { action: 'device.add', subject: 'meter-7', detail: { building: 'library' } },
  },
  'POST /v1/devices/{id}/password': {
    act: () => send('POST', '/v1/devices/meter-7/password', { graceSeconds: 60 }),
    entry: { action: 'device.rotate', subject: 'meter-7', detail: { graceSeconds: 60 } },
  },
  'POST /v1/devices/{id}/certificates': {
    act: async () => {
      const request = await makeRequest('meter-7', await makeKey())
      return send('POST', '/v1/devices/meter-7/certificates', { request, days: 30 })
    },
    entry: { action: 'device.certificate', subject: 'meter-7', detail: { days: 30 } },
  },
  'DELETE /v1/certificates/{serial}': {
    act: async () => {
      const { items } = await api.json('/v1/certificates?device=meter-7', 'administrator')
      return send('DELETE', `/v1/certificates/${items[0].id}`)
    },
    entry: { action: 'device.certificate.revoke', subject: 'meter-7' },
  },
  'POST /v1/devices/{id}/topics': {
    act: () => {
      api.context.catalogue.devices.add('zigbee', 'library', 'zigbee')
      return send('POST', '/v1/devices/zigbee/topics', {
        topic: 'zigbee/a_b/co2',
        datastream: 'library/a/co2',
      })
    },
    entry: {
      action: 'device.map',
      subject: 'zigbee',
      detail: { topic: 'zigbee/a_b/co2', datastream: 'library/a/co2', before: null },
    },
  },
  'DELETE /v1/devices/{id}': {
    act: () => send('DELETE', '/v1/devices/meter-7'),
    entry: { action: 'device.revoke', subject: 'meter-7' },
  },
  'POST /v1/users': {
    act: () => send('POST', '/v1/users', { name: 'budi', role: 'scientist', password: SECRET }),
    entry: { action: 'user.add', subject: 'budi', detail: { role: 'scientist' } },
  },
  'PATCH /v1/users/{name}': {
    act: () => send('PATCH', '/v1/users/budi', { role: 'operator' }),
    entry: { action: 'user.role', subject: 'budi', detail: { role: 'operator', before: 'scientist' } },
  },
  'DELETE /v1/users/{name}': {
    act: () => send('DELETE', '/v1/users/budi'),
    entry: { action: 'user.remove', subject: 'budi' },
  },
  'POST /v1/keys': {
    act: () => send('POST', '/v1/keys', { role: 'scientist', name: 'notebook' }),
    entry: { action: 'key.add', detail: { role: 'scientist', name: 'notebook' } },
  },
  'DELETE /v1/keys/{id}': {
    act: async () => {
      const { items } = await api.json('/v1/keys?limit=1000', 'administrator')
      return send('DELETE', `/v1/keys/${items.find(({ name }: { name: string }) => name === 'notebook').id}`)
    },
    entry: { action: 'key.revoke' },
  },
  'POST /v1/quarantine/retry': {
    act: () => send('POST', '/v1/quarantine/retry', { ids: [quarantineOne()] }),
    entry: { action: 'quarantine.retry', detail: { packs: 1 } },
  },
  'DELETE /v1/quarantine/{id}': {
    act: () => send('DELETE', `/v1/quarantine/${quarantineOne()}`),
    entry: { action: 'quarantine.drop' },
  },
  'POST /v1/labels': {
    act: () =>
      send('POST', '/v1/labels', {
        about: 'library',
        from: '2026-11-03T08:00',
        to: '2026-11-03T09:00',
        reason: 'works',
      }),
    entry: { action: 'label.add', subject: 'library', detail: { reason: 'works' } },
  },
  'DELETE /v1/labels/{id}': {
    act: async () => {
      const { items } = await api.json('/v1/labels', 'administrator')
      return send('DELETE', `/v1/labels/${items[0].id}`)
    },
    entry: { action: 'label.remove', subject: 'library', detail: { reason: 'works' } },
  },
  'POST /v1/erasures': {
    act: () =>
      send('POST', '/v1/erasures', {
        about: 'shared-office/occupancy',
        from: '2020-01-01',
        to: '2020-01-02',
      }),
    entry: { action: 'readings.erase', subject: 'shared-office/occupancy' },
  },
  'POST /v1/votes/changes': {
    act: () =>
      send('POST', '/v1/votes/changes', {
        building: 'library',
        date: '2026-11-23',
        text: { en: 'The fan runs an hour longer' },
      }),
    entry: { action: 'vote.change.add', subject: 'library', detail: { date: '2026-11-23' } },
  },
  'DELETE /v1/votes/changes/{id}': {
    act: async () => {
      const { items } = await api.json('/v1/votes/changes')
      return send('DELETE', `/v1/votes/changes/${items[0].id}`)
    },
    entry: { action: 'vote.change.remove', subject: 'library' },
  },
  'POST /v1/reports': {
    act: () =>
      send('POST', '/v1/reports', { building: 'library', category: 'lift', text: 'It stops on floor 4' }),
    entry: { action: 'report.add', subject: 'library', detail: { category: 'lift' } },
  },
  'PATCH /v1/reports/{id}': {
    act: async () => {
      const { items } = await api.json('/v1/reports', 'operator')
      return send('PATCH', `/v1/reports/${items[0].id}`, { status: 'looking' })
    },
    entry: { action: 'report.change', subject: 'library', detail: { status: 'looking' } },
  },
  'POST /v1/backups': {
    act: async () => {
      const response = await send('POST', '/v1/backups')
      expect(await response.text()).toBe('archive')
      return response
    },
    entry: { action: 'backup', subject: 'city' },
  },
  'POST /v1/models/{id}/promotion': {
    act: () => send('POST', `/v1/models/${modelIds(api)[0]}/promotion`, { reason: 'new meters' }),
    entry: { action: 'model.promote', detail: { reason: 'new meters' } },
  },
  'POST /v1/models/rollbacks': {
    act: async () => {
      api.context.models?.registry.promote(modelIds(api)[1] ?? '', 'for a test')
      return send('POST', '/v1/models/rollbacks', { property: 'energy', reason: 'complaints' })
    },
    entry: { action: 'model.rollback', subject: 'energy', detail: { reason: 'complaints' } },
  },
  'POST /v1/trainings': {
    act: () => send('POST', '/v1/trainings', { property: 'energy' }),
    entry: { action: 'model.train', subject: 'energy', detail: { buildings: 'all' } },
  },
  'POST /v1/imports': {
    act: async () => {
      const query = 'filename=meters.csv&building=estate&property=energy&unit=kWh'
      const response = await api.app.request(`/v1/imports?${query}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${api.keys.administrator}` },
        body: 'time,a\n2026-11-01T00:00:00Z,1\n',
      })
      return new Response(await response.text(), response)
    },
    entry: { action: 'import', subject: 'meters.csv', detail: { building: 'estate', property: 'energy' } },
  },
}

/** What is changed without being an administrative act, and why that needs no entry. */
const NO_ACTS: Readonly<Record<string, string>> = {
  'POST /v1/votes': 'an entry would keep when and how somebody voted, which the numbers of an hour do not',
  'POST /v1/notices': 'a notice is kept with whoever told it, and flows tell many',
}

describe('each route that changes something', () => {
  it('is known here: a new one comes with its entry in the audit log', async () => {
    const { paths } = await api.json('/openapi.json')
    const changing = Object.entries<object>(paths).flatMap(([at, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== 'get')
        .map((method) => `${method.toUpperCase()} ${at}`),
    )
    expect(changing.sort()).toEqual([...Object.keys(ACTS), ...Object.keys(NO_ACTS)].sort())
  })

  it.each(Object.entries(ACTS))('%s leaves exactly one entry', async (_, { act, entry }) => {
    let status = 0
    const written = await entriesOf(async () => ({ status } = await act()))
    expect(status).toBeLessThan(300)
    expect(written).toHaveLength(1)
    expect(written[0]).toMatchObject({ actor: { kind: 'key' }, ...entry })
    expect(JSON.stringify(written)).not.toContain(SECRET)
  })

  it('does nothing when the entry cannot be written', async () => {
    const { catalogue } = api.context
    const record = catalogue.audit.record
    catalogue.audit.record = () => {
      throw new Error('the disk is full')
    }
    try {
      const added = await send('POST', '/v1/devices', { id: 'meter-8', building: 'library' })
      expect(added.status).toBe(500)
      const made = await send('POST', '/v1/keys', { role: 'operator' })
      expect(made.status).toBe(500)
      const user = await send('POST', '/v1/users', { name: 'dewi', role: 'operator', password: SECRET })
      expect(user.status).toBe(500)
    } finally {
      catalogue.audit.record = record
    }
    expect(catalogue.devices.find('meter-8')).toBeUndefined()
    expect(catalogue.users.list().map(({ name }) => name)).not.toContain('dewi')
    expect((await send('POST', '/v1/devices', { id: 'meter-8', building: 'library' })).status).toBe(201)
  })

  it('leaves none when it was refused', async () => {
    const written = await entriesOf(async () => {
      await send('POST', '/v1/devices', { id: 'meter-8', building: 'library' })
      await send('DELETE', '/v1/devices/nobody')
      await api.app.request('/v1/devices', { method: 'POST' })
    })
    expect(written).toEqual([])
  })
})

describe('logins', () => {
  it('and logouts are recorded with the person', async () => {
    let cookie = ''
    const written = await entriesOf(async () => {
      const response = await form('/login', { name: 'sari', password: SECRET })
      cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
      await form('/logout', {}, cookie)
      await form('/logout', {}, cookie)
    })
    expect(written.map(({ actor, action }) => [actor.id, action])).toEqual([
      ['sari', 'login'],
      ['sari', 'logout'],
    ])
  })

  it('that fail are recorded for the account, never with what was typed', async () => {
    const written = await entriesOf(async () => {
      for (let i = 0; i < 5; i += 1) await form('/login', { name: 'SARI', password: 'hunter2 hunter2' })
      await form('/login', { name: 'my-password-in-the-wrong-field', password: 'x' })
    })
    expect(written.map(({ action, subject, detail }) => [action, subject, detail.count])).toEqual([
      ['login.failed', 'sari', undefined],
      ['login.failed', 'sari', 2],
      ['login.failed', 'sari', 4],
      ['login.failed', 'no account of that name', undefined],
    ])
    expect(JSON.stringify(written)).not.toMatch(/hunter2|wrong-field/)
  })

  it('by the link of the first start are recorded once', async () => {
    const written = await entriesOf(() =>
      form('/setup/first', { name: 'wati', password: SECRET, again: SECRET }),
    )
    expect(written).toHaveLength(1)
    expect(written[0]).toMatchObject({ action: 'setup', subject: 'wati', actor: { id: 'setup link' } })
  })
})

describe('accesses to exact numbers', () => {
  const series = (path: string) => `/v1/series?datastream=shared-office/${path}`
  it.each([
    [series('occupancy'), 'operator', 'access.series', 'shared-office/occupancy'],
    [`${series('occupancy')}&bucket=1h`, 'administrator', 'access.series', 'shared-office/occupancy'],
    [series('floor-2/zone-a/power'), 'scientist', 'access.series', 'shared-office/floor-2/zone-a/power'],
    ['/v1/datastreams', 'operator', 'access.latest', 'all'],
    ['/v1/datastreams?thing=shared-office', 'scientist', 'access.latest', 'shared-office'],
    ['/v1/buildings', 'operator', 'access.now', 'all'],
    ['/v1/buildings/shared-office', 'administrator', 'access.now', 'shared-office'],
    ['/v1/buildings/shared-office/now', 'operator', 'access.now', 'shared-office'],
  ] as const)('GET %s as %s is recorded', async (url, role, action, subject) => {
    const written = await entriesOf(() => api.json(url, role))
    expect(written).toHaveLength(1)
    expect(written[0]).toMatchObject({ action, subject, actor: { kind: 'key' } })
    expect(await entriesOf(() => api.json(url, role))).toEqual([])
  })

  it.each([
    [series('occupancy'), undefined],
    [series('occupancy'), 'scientist'],
    [series('occupancy'), 'agency:health'],
    [series('temperature'), 'administrator'],
    ['/v1/buildings', 'citizen'],
    ['/v1/datastreams?thing=library', 'administrator'],
    ['/v1/buildings/library/now', 'administrator'],
    ['/', 'administrator'],
  ] as const)(
    'GET %s as %s needs none: it tells nothing exactly that others do not see',
    async (url, role) => {
      expect(await entriesOf(() => api.get(url, role))).toEqual([])
    },
  )

  it('by an export are recorded with its pattern', async () => {
    const ask = (role: 'operator' | 'scientist') =>
      entriesOf(() => api.get('/v1/export?datastreams=*/occupancy', role))
    expect(await ask('operator')).toMatchObject([{ action: 'access.export', subject: '*/occupancy' }])
    expect(await ask('scientist')).toEqual([])
  })

  it('by a stream are recorded when it begins', async () => {
    const open = async (role?: 'operator') => {
      const response = await api.get('/v1/stream?thing=shared-office', role)
      expect(response.status).toBe(200)
      await response.body?.cancel()
    }
    expect(await entriesOf(() => open())).toEqual([])
    expect(await entriesOf(() => open('operator'))).toMatchObject([
      { action: 'access.stream', subject: 'shared-office' },
    ])
  })
})

describe('/v1/audit', () => {
  it('is read page by page, by actor, action and time', async () => {
    const all = []
    for (let url: string | null = '/v1/audit?limit=7'; url !== null;) {
      const page = await api.json(url, 'administrator')
      all.push(...page.items)
      url = page.next
    }
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1))
    expect(all.length).toBeGreaterThan(20)
    const list = async (query: string) =>
      (await api.json(`/v1/audit?limit=1000&${query}`, 'administrator')).items
    expect(await list('action=login')).toEqual(all.filter(({ action }) => /^login(\.|$)/.test(action)))
    expect(await list('actor=sari')).toEqual(all.filter(({ actor }) => actor.id === 'sari'))
    expect(await list('actor=person:sari')).toEqual(all.filter(({ actor }) => actor.id === 'sari'))
    expect(await list('since=2026-11-24T10:00:00%2B08:00')).toEqual(all)
    expect(await list('since=2026-11-25')).toEqual([])
  })

  it('says whether the chain is whole, and whether it holds a head', async () => {
    const head = await api.json('/v1/audit/head', 'administrator')
    expect(head).toMatchObject({ seq: expect.any(Number), hash: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(await api.json(`/v1/audit/verification?head=${head.hash}`, 'administrator')).toMatchObject({
      entries: head.seq,
      problem: null,
    })
    const other = await api.json(`/v1/audit/verification?head=${'a'.repeat(64)}`, 'administrator')
    expect(other.problem.reason).toMatch(/no entry has the hash/)
    expect((await api.get('/v1/audit/verification?head=xyz', 'administrator')).status).toBe(400)
  })

  it('is for administrators', async () => {
    for (const url of ['/v1/audit', '/v1/audit/head', '/v1/audit/verification']) {
      expect((await api.get(url)).status).toBe(401)
      for (const role of ['citizen', 'operator', 'scientist', 'agency:health'] as const) {
        expect((await readJson(await api.get(url, role))).code).toBe('forbidden')
      }
    }
  })
})

it('names whoever acts by kind and id', () => {
  expect(actorOf({ id: 'key:378c', role: 'operator' })).toEqual({ kind: 'key', id: '378c' })
  expect(actorOf({ id: 'ana', role: 'operator' })).toEqual({ kind: 'person', id: 'ana' })
  expect(actorOf(ANONYMOUS)).toEqual({ kind: 'anonymous', id: 'anonymous' })
})
