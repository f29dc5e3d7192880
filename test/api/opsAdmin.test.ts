import { afterAll, beforeAll, expect, it } from 'vitest'
import { NOW_MS, openTestApi, type TestApi } from './testApi.ts'

let api: TestApi
let cookie = ''
beforeAll(async () => {
  api = await openTestApi()
  const { users, sessions } = api.context.catalogue
  await users.add('wati', 'administrator', 'correct horse battery')
  cookie = `nadi_session=${sessions.open('wati', NOW_MS + 3_600_000)}`
})
afterAll(() => api[Symbol.asyncDispose]())

const post = (url: string, fields: Record<string, string> = {}, origin = 'http://localhost') =>
  api.app.request(`${url}?lang=en`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin, cookie },
    body: new URLSearchParams(fields).toString(),
  })
const acts = () => api.context.catalogue.audit.list({}).map(({ action, subject }) => `${action} ${subject}`)
/** The secret that a page shows once. */
const shown = (page: string, label: string) =>
  new RegExp(`<dt>${label}</dt>\\s*<dd><code>([^<]+)</code>`).exec(page)?.[1] ?? ''

it('administrators add people, change their role and remove them, and each act is audited once', async () => {
  const { users } = api.context.catalogue
  const added = await post('/ops/people', { name: 'siti', role: 'agency', agency: 'health', password: '' })
  expect([added.status, added.headers.get('cache-control')]).toEqual([201, 'no-store'])
  const password = shown(await added.text(), 'Password')
  expect(await users.authenticate('siti', password)).toMatchObject({ role: 'agency:health' })
  expect((await post('/ops/people/siti/role', { role: 'operator' })).status).toBe(303)
  expect(await users.authenticate('siti', password)).toMatchObject({ role: 'operator' })
  expect((await post('/ops/people/siti/remove')).status).toBe(303)
  expect(users.list().map(({ name }) => name)).toEqual(['wati'])
  expect(acts().filter((act) => act.startsWith('user.'))).toEqual([
    'user.add siti',
    'user.role siti',
    'user.remove siti',
  ])
})

it('what is wrong with a form stands at its field, and what was written stays', async () => {
  const wrong = async (url: string, fields: Record<string, string>) => {
    const response = await post(url, fields)
    expect(response.status).toBe(400)
    return response.text()
  }
  const person = { name: 'a b', role: 'operator', agency: '', password: 'short' }
  const page = await wrong('/ops/people', person)
  expect(page).toMatch(/id="name-error">Write 1 to 64 letters/)
  expect(page).toMatch(/id="password-error">At least 10/)
  expect(page).toMatch(/value="a b"\s+aria-describedby="name-error" aria-invalid="true"/)
  expect(page).not.toContain('short')
  expect(await wrong('/ops/people', { ...person, role: 'agency', agency: 'A' })).toMatch(/id="role-error"/)
  const wati = { ...person, name: 'Wati', password: 'correct horse battery' }
  expect(await wrong('/ops/people', wati)).toMatch(/id="name-error">There is &quot;Wati&quot; already/)
  expect(await wrong('/ops/keys', { name: '', role: 'king', agency: '' })).toMatch(
    /id="name-error"[\s\S]*id="role-error"/,
  )
  const device = { id: 'meter-1', building: 'libary', newBuilding: '', gateway: '' }
  expect(await wrong('/ops/devices', device)).toMatch(/id="building-error"/)
  expect(await wrong('/ops/devices', { ...device, building: 'library', gateway: 'nadi/#' })).toMatch(
    /id="gateway-error"/,
  )
})

it('the last administrator stays', async () => {
  for (const [url, fields] of [
    ['/ops/people/wati/role', { role: 'operator' }],
    ['/ops/people/WATI/remove', {}],
  ] as const) {
    const refused = await post(url, fields)
    expect(refused.status).toBe(409)
    expect(await refused.text()).toMatch(/role="alert">.*is the only administrator/)
  }
  expect((await post('/ops/people/nobody/remove')).status).toBe(404)
})

it('keys are shown once and revoked', async () => {
  const { keys } = api.context.catalogue
  const made = await post('/ops/keys', { name: 'notebook', role: 'scientist', agency: '' })
  const key = shown(await made.text(), 'API keys')
  const id = keys.authenticate(key)?.id ?? ''
  expect(id).not.toBe('')
  const list = await api.app.request('/ops/keys', { headers: { cookie } })
  expect(await list.text()).not.toContain(key)
  expect((await post(`/ops/keys/${id}/revoke`)).status).toBe(303)
  expect(keys.authenticate(key)).toBeUndefined()
})

it('devices are added, given another password and revoked', async () => {
  const { devices } = api.context.catalogue
  const device = { id: 'meter-7', building: 'new-hall', newBuilding: 'yes', gateway: '' }
  const first = shown(await (await post('/ops/devices', device)).text(), 'Password')
  const second = shown(await (await post('/ops/devices/meter-7/password')).text(), 'Password')
  for (const password of [first, second]) expect(devices.authenticate('meter-7', password)).toBeDefined()
  expect((await post('/ops/devices/meter-7/revoke')).status).toBe(303)
  expect(devices.authenticate('meter-7', second)).toBeUndefined()
  const refused = await post('/ops/devices/meter-7/password')
  expect(refused.status).toBe(409)
  expect(await refused.text()).toContain('was revoked')
  expect(acts().filter((act) => act.endsWith(' meter-7'))).toEqual([
    'device.add meter-7',
    'device.rotate meter-7',
    'device.revoke meter-7',
  ])
})

it.each(['people', 'keys', 'devices'])(
  '/ops/%s is for administrators, and for no other site',
  async (page) => {
    const url = `/ops/${page}`
    expect((await api.app.request(url)).headers.get('location')).toBe(`/login?next=${url}`)
    expect((await api.get(url, 'operator')).status).toBe(403)
    expect((await post(url, {}, 'https://elsewhere.example')).status).toBe(403)
    const indonesian = await api.app.request(`${url}?lang=id`, { headers: { cookie } })
    expect(await indonesian.text()).toMatch(/Akun[\s\S]*Kunci API[\s\S]*Perangkat/)
  },
)
