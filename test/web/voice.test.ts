import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { from, HOUR_MS, NOW_MS, openTestApi, type TestApi } from '../api/testApi.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi({ reportDays: 90 })
})
afterAll(() => api[Symbol.asyncDispose]())

let address = 0
/** Posts a form of the page as a browser does, each time from another address. */
const post = (
  url: string,
  fields: Record<string, string>,
  { cookie = '', origin = 'http://localhost', ip = `203.0.113.${(address += 1)}` } = {},
) =>
  api.app.request(
    url,
    {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'accept-language': 'en',
        origin,
        cookie,
      },
      body: new URLSearchParams(fields).toString(),
    },
    from(ip),
  )
const see = async (url: string, cookie = '') =>
  (await api.app.request(url, { headers: { cookie, 'accept-language': 'en' } })).text()

const votesOf = (building: string) =>
  api.context.catalogue.votes
    .list(building, { fromMs: NOW_MS - HOUR_MS, toMs: NOW_MS + 48 * HOUR_MS })
    .reduce((sum, { votes }) => sum + votes, 0)

describe('a vote by the buttons of the page', () => {
  it('is counted, thanked for, and counted once an hour from one browser', async () => {
    const voted = await post('/buildings/shared-office/votes', { choice: 'warm', zone: 'floor-2/zone-a' })
    expect(voted.status).toBe(303)
    expect(voted.headers.get('location')).toBe('/buildings/shared-office#suara')
    const set = voted.headers.get('set-cookie') ?? ''
    expect(set).toMatch(/Max-Age=3600; Path=\/buildings\/shared-office; HttpOnly; SameSite=Lax/)
    const cookie = set.split(';')[0] ?? ''
    expect(await see('/buildings/shared-office', cookie)).toMatch(/“too warm” has been\s+counted/)
    expect(votesOf('shared-office')).toBe(1)
    expect(
      (await post('/buildings/shared-office/votes', { choice: 'cold', zone: '' }, { cookie })).status,
    ).toBe(303)
    expect(votesOf('shared-office')).toBe(1)
    api.clock.nowMs = NOW_MS + HOUR_MS
    expect(await see('/buildings/shared-office', cookie)).not.toContain('has been counted')
    await post('/buildings/shared-office/votes', { choice: 'cold', zone: '' }, { cookie })
    expect(votesOf('shared-office')).toBe(2)
  })

  it('is refused from another site, for another choice or place, and when too many come', async () => {
    const url = '/buildings/library/votes'
    const fields = { choice: 'fine', zone: '' }
    expect((await post(url, fields, { origin: 'https://elsewhere.example' })).status).toBe(403)
    expect((await post(url, { choice: 'hot', zone: '' })).status).toBe(400)
    expect((await post(url, { ...fields, zone: 'floor-9' })).status).toBe(404)
    expect((await post('/buildings/nowhere/votes', fields)).status).toBe(404)
    expect(votesOf('library')).toBe(0)
    for (let i = 0; i < 60; i += 1) await post(url, fields, { ip: '198.51.100.1' })
    const refused = await post(url, fields, { ip: '198.51.100.1' })
    expect(refused.status).toBe(429)
    expect(await refused.text()).toContain('Too many votes came from this network')
    expect(votesOf('library')).toBe(60)
  })
})

describe('a report by the form of the page', () => {
  const url = '/buildings/shared-office/reports'
  const fields = { category: 'lift', zone: 'floor-2/zone-a', text: 'It stops\r\nbetween <floors>' }

  it('leads to its private page, which tells what becomes of it', async () => {
    const sent = await post(url, fields)
    expect(sent.status).toBe(303)
    const link = sent.headers.get('location') ?? ''
    expect(link).toMatch(/^\/reports\/[\w-]{43}$/)
    const shown = await api.app.request(link, { headers: { 'accept-language': 'en' } })
    expect(shown.headers.get('cache-control')).toBe('private, no-store')
    expect(shown.headers.get('x-robots-tag')).toBe('noindex')
    const page = await shown.text()
    expect(page).toMatch(/<h1[^>]*>Received<\/h1>/)
    expect(page).toContain('It stops\nbetween &lt;floors&gt;')
    expect(page).toContain(`http://localhost${link}`)
    const { reports } = api.context.catalogue
    const id = reports.list()[0]?.id ?? 0
    reports.change(id, { status: 'done', outcome: { id: 'Rem diganti' }, changedMs: api.clock.nowMs })
    const after = await see(link)
    expect(after).toMatch(/<h1[^>]*>Done<\/h1>/)
    expect(after).toMatch(/lang="id"[^>]*>Rem diganti/)
  })

  it('is found by no other link', async () => {
    const missing = await api.app.request(`/reports/${'A'.repeat(43)}`)
    expect(missing.status).toBe(404)
    expect(await missing.text()).toContain('Laporan ini tidak ditemukan')
  })

  it.each([
    [{ text: ' ' }, 'First write what happened'],
    [{ text: 'é'.repeat(1001) }, 'At most 2,000 bytes'],
  ])('that is wrong comes back as it was, with what to do', async (wrong, message) => {
    const before = api.context.catalogue.reports.list().length
    const answer = await post(url, { ...fields, ...wrong })
    expect(answer.status).toBe(400)
    const page = await answer.text()
    expect(page).toContain(message)
    expect(page).toContain(wrong.text.trim())
    expect(page).toMatch(/<option value="lift"\s+selected/)
    expect(page).toMatch(/<option value="floor-2\/zone-a"\s+selected/)
    expect(api.context.catalogue.reports.list()).toHaveLength(before)
  })

  it('comes back with its text when too many were sent, and not at all from another site', async () => {
    for (let i = 0; i < 10; i += 1) await post(url, fields, { ip: '198.51.100.2' })
    const refused = await post(url, fields, { ip: '198.51.100.2' })
    expect(refused.status).toBe(429)
    expect(await refused.text()).toMatch(/Too many reports came[\s\S]*between &lt;floors&gt;/)
    expect((await post(url, fields, { origin: 'https://elsewhere.example' })).status).toBe(403)
  })
})

it('what votes changed stands on the building’s page, in the language it was written in', async () => {
  api.context.catalogue.voteChanges.add({
    building: 'library',
    zone: null,
    day: '2026-11-23',
    text: { id: 'Kipas menyala lebih lama' },
    createdMs: NOW_MS,
    createdBy: 'sari',
  })
  const page = await see('/buildings/library')
  expect(page).toMatch(/Mon 23 Nov[\s\S]*lang="id"[^>]*>\s*Kipas menyala lebih lama/)
  expect(page).not.toContain('sari')
})
