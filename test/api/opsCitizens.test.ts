import { afterAll, beforeAll, expect, it } from 'vitest'
import { NOW_MS, openTestApi, type TestApi } from './testApi.ts'

let api: TestApi
let cookie = ''
beforeAll(async () => {
  api = await openTestApi()
  const { users, sessions } = api.context.catalogue
  await users.add('siti', 'operator', 'correct horse battery')
  cookie = `nadi_session=${sessions.open('siti', NOW_MS + 3_600_000)}`
})
afterAll(() => api[Symbol.asyncDispose]())

const post = (url: string, fields: Record<string, string>, origin = 'http://localhost', as = cookie) =>
  api.app.request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin, cookie: as },
    body: new URLSearchParams(fields).toString(),
  })
const see = async (lang = 'en') =>
  (await api.app.request(`/ops/citizens?lang=${lang}`, { headers: { cookie } })).text()

it('operators answer a report by a form, and it is audited', async () => {
  expect(await see()).toContain('No reports yet.')
  const { reports, audit } = api.context.catalogue
  const { report, token } = reports.add({
    building: 'shared-office',
    zone: 'floor-2/zone-a',
    category: 'lift',
    text: 'It stops <b>',
    createdMs: NOW_MS,
  })
  expect(await see()).toMatch(/Lifts and stairs, Shared office: floor-2\/zone-a[\s\S]*It stops &lt;b&gt;/)
  const answered = await post(`/ops/reports/${report.id}`, { status: 'done', id: 'Beres', en: '' })
  expect(answered.status).toBe(303)
  expect(reports.byToken(token)).toMatchObject({ status: 'done', outcome: { id: 'Beres' } })
  expect(audit.list({ action: 'report.change' })).toMatchObject([
    { actor: { kind: 'person', id: 'siti' }, subject: 'shared-office', detail: { status: 'done' } },
  ])
  expect((await post('/ops/reports/1', { status: 'won', id: '', en: '' })).status).toBe(400)
  expect((await post('/ops/reports/99', { status: 'done', id: '', en: '' })).status).toBe(404)
})

it('operators tell what votes changed and take it back', async () => {
  const { voteChanges } = api.context.catalogue
  const fields = { place: 'shared-office/floor-2/zone-a', date: '2026-11-23', id: '', en: 'Fan on' }
  expect((await post('/ops/changes', fields)).status).toBe(303)
  expect(voteChanges.list()).toMatchObject([
    { building: 'shared-office', zone: 'floor-2/zone-a', text: { en: 'Fan on' }, createdBy: 'siti' },
  ])
  expect(await see()).toContain('Fan on')
  for (const wrong of [{ en: '' }, { date: 'today' }, { date: '2026-02-31' }])
    expect((await post('/ops/changes', { ...fields, ...wrong })).status, JSON.stringify(wrong)).toBe(400)
  expect((await post('/ops/changes', { ...fields, place: 'nowhere' })).status).toBe(404)
  expect((await post(`/ops/changes/${voteChanges.list()[0]?.id}/remove`, {})).status).toBe(303)
  expect(voteChanges.list()).toEqual([])
})

it('exact votes of the week stand there, and who sees them is audited', async () => {
  api.context.catalogue.votes.add('shared-office', '', 'warm', NOW_MS)
  expect(await see('id')).toMatch(/Kantor bersama<\/td>[\s\S]*Terlalu panas" class="number">1</)
  expect(api.context.catalogue.audit.list({ action: 'access.votes' })).toMatchObject([
    { actor: { id: 'siti' }, subject: 'all' },
  ])
})

it('nobody else sees or changes it, and no other site', async () => {
  expect((await api.app.request('/ops/citizens')).headers.get('location')).toBe('/login?next=/ops/citizens')
  expect((await api.get('/ops/citizens', 'scientist')).status).toBe(403)
  const fields = { status: 'looking', id: '', en: '' }
  expect((await post('/ops/reports/1', fields, 'https://elsewhere.example')).status).toBe(403)
  expect((await post('/ops/reports/1', fields, 'http://localhost', '')).status).toBe(303)
  expect((await post('/ops/changes', {}, 'http://localhost', '')).headers.get('location')).toMatch(/^\/login/)
  expect(api.context.catalogue.reports.find(1)?.status).toBe('done')
})
