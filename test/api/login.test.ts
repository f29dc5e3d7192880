import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TEXTS } from '../../api/staff/texts.ts'
import { HOUR_MS, openTestApi, type TestApi } from './testApi.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi()
  await api.context.catalogue.users.add('sari', 'operator', 'correct horse battery')
  await api.context.catalogue.users.add('budi', 'scientist', 'correct horse battery')
})
afterAll(() => api[Symbol.asyncDispose]())

const post = (
  url: string,
  fields: Record<string, string>,
  headers: Record<string, string> = { origin: 'http://localhost' },
  to: TestApi = api,
) =>
  to.app.request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  })

const logIn = async (name = 'sari'): Promise<string> => {
  const response = await post('/login', { name, password: 'correct horse battery', next: '/ops' })
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

describe('/login', () => {
  it('opens a session in a cookie that scripts and other sites cannot use', async () => {
    const response = await post('/login', { name: 'sari', password: 'correct horse battery', next: '/ops' })
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe('/ops')
    const cookie = response.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/HttpOnly/)
    expect(cookie).toMatch(/SameSite=Lax/)
    expect(cookie).not.toMatch(/Secure/)
    const page = await api.app.request('/ops', { headers: { cookie: cookie.split(';')[0] ?? '' } })
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('sari')
  })

  it('keeps the cookie to https where the page came by it', async () => {
    const response = await post(
      'https://localhost/login',
      { name: 'sari', password: 'correct horse battery' },
      { origin: 'https://localhost' },
    )
    expect(response.headers.get('set-cookie')).toMatch(/Secure/)
  })

  it('ends by itself after half a day, and at once at /logout', async () => {
    await using own = await openTestApi()
    await own.context.catalogue.users.add('sari', 'operator', 'correct horse battery')
    const open = async () => {
      const response = await post(
        '/login',
        { name: 'sari', password: 'correct horse battery' },
        undefined,
        own,
      )
      return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    }
    const status = async (cookie: string) =>
      (await own.app.request('/v1/notices', { headers: { cookie } })).status
    const first = await open()
    expect(await status(first)).toBe(200)
    own.clock.nowMs += 13 * HOUR_MS
    expect(await status(first)).toBe(401)
    const second = await open()
    const out = await post('/logout', {}, { origin: 'http://localhost', cookie: second }, own)
    expect(out.status).toBe(303)
    expect(out.headers.get('set-cookie')).toMatch(/Max-Age=0/)
    expect(await status(second)).toBe(401)
  })

  it('says the same of a wrong name and a wrong password', async () => {
    const wrong = await post('/login', { name: 'sari', password: 'wrong password' })
    const nobody = await post('/login', { name: 'siti', password: 'wrong password' })
    expect([wrong.status, nobody.status]).toEqual([401, 401])
    expect((await wrong.text()).replaceAll('sari', '')).toBe((await nobody.text()).replaceAll('siti', ''))
  })

  it('never goes on to another site', async () => {
    for (const next of [
      'https://elsewhere.example',
      '//elsewhere.example',
      '/\\elsewhere.example',
      'javascript:alert(1)',
    ]) {
      const response = await post('/login', { name: 'sari', password: 'correct horse battery', next })
      expect(response.headers.get('location')).toBe('/ops')
    }
  })

  it('refuses a form that another site’s page sends', async () => {
    const fields = { name: 'sari', password: 'correct horse battery' }
    for (const headers of [{ origin: 'https://elsewhere.example' }, { 'sec-fetch-site': 'cross-site' }, {}]) {
      const response = await post('/login', fields, headers)
      expect(response.status).toBe(403)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
    }
  })

  it('slows down who guesses', async () => {
    await using own = await openTestApi()
    await own.context.catalogue.users.add('sari', 'operator', 'correct horse battery')
    const statuses = []
    for (let i = 0; i < 12; i += 1) {
      const response = await post('/login', { name: 'SARI', password: 'a wrong guess' }, undefined, own)
      statuses.push(response.status)
    }
    expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401))
    expect(statuses.slice(10)).toEqual([429, 429])
    const right = await post('/login', { name: 'sari', password: 'correct horse battery' }, undefined, own)
    expect(right.status).toBe(429)
  })

  it('escapes what is written into its form', async () => {
    const response = await post('/login', { name: '"><script>alert(1)</script>', password: 'x' })
    expect(await response.text()).not.toContain('<script>alert')
  })
})

describe('/ops', () => {
  it('sends who is not logged in to /login and refuses who is no operator', async () => {
    const response = await api.app.request('/ops')
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe('/login?next=/ops')
    expect((await api.app.request('/ops', { headers: { cookie: await logIn('budi') } })).status).toBe(403)
  })

  it('shows notices and devices, and escapes what they say', async () => {
    api.context.catalogue.notices.add({
      createdMs: api.clock.nowMs,
      severity: 'alarm',
      about: 'shared-office/floor-2/zone-a/co2',
      message: 'CO2 > 1000 ppm <img src=x>',
      source: 'key:x',
    })
    api.context.catalogue.devices.add('gateway-1', 'shared-office')
    const page = await (await api.app.request('/ops?lang=en', { headers: { cookie: await logIn() } })).text()
    expect(page).toContain('CO2 &gt; 1000 ppm &lt;img src=x&gt;')
    expect(page).toContain('gateway-1')
    expect(page).toContain('never connected')
    const labels = [...page.matchAll(/role="region" aria-label="([^"]+)"/g)].map(([, label]) => label)
    expect(labels).toEqual([TEXTS.en.notices, TEXTS.en.devices])
  })
})

describe('/setup/{token}', () => {
  const withToken = () => {
    let used = false
    return {
      check: (token: string) => !used && token === 'once',
      consume: () => {
        used = true
      },
    }
  }

  it('lets the first administrator choose name and password, once', async () => {
    await using own = await openTestApi({ setupToken: withToken() })
    expect((await own.get('/setup/once')).status).toBe(200)
    const fields = { name: 'ratna', password: 'a long password', again: 'a long password' }
    expect((await post('/setup/once', { ...fields, again: 'another one' }, undefined, own)).status).toBe(400)
    expect(
      (await post('/setup/once', { ...fields, password: 'short', again: 'short' }, undefined, own)).status,
    ).toBe(400)
    const done = await post('/setup/once', fields, undefined, own)
    expect(done.status).toBe(303)
    const cookie = (done.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    expect((await own.app.request('/v1/users', { headers: { cookie } })).status).toBe(200)
    expect((await own.get('/setup/once')).status).toBe(404)
    expect((await post('/setup/once', { ...fields, name: 'eve' }, undefined, own)).status).toBe(404)
    expect(own.context.catalogue.users.count()).toBe(1)
  })

  it('makes one administrator of two who press at once, and stays good when that fails', async () => {
    await using own = await openTestApi({ setupToken: withToken() })
    const fields = { password: 'a long password', again: 'a long password' }
    const press = async (name: string) =>
      (await post('/setup/once', { ...fields, name }, undefined, own)).status
    expect(await press('no name at all')).toBe(400)
    const answers = await Promise.all(['ratna', 'eve', 'mallory'].map(press))
    expect(answers.toSorted((a, b) => a - b)).toEqual([303, 404, 404])
    expect(own.context.catalogue.users.count()).toBe(1)
  })

  it('answers 404 for another token, and where there is none', async () => {
    await using own = await openTestApi({ setupToken: withToken() })
    expect((await own.get('/setup/twice')).status).toBe(404)
    expect((await api.get('/setup/once')).status).toBe(404)
  })
})
