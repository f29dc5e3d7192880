import { describe, expect, it } from 'vitest'
import { testAuthority } from '../support/authority.ts'
import { NOW_MS, openTestApi } from './testApi.ts'

const DAY_MS = 86_400_000

/** An API whose authority counts what it signs, and fails when told to. */
const withAuthority = async () => {
  const clock = { nowMs: NOW_MS }
  const authority = await testAuthority({ now: () => clock.nowMs })
  const signed = { lists: 0, failing: false }
  const api = await openTestApi({
    now: () => clock.nowMs,
    authority: {
      ...authority,
      revocations(revoked) {
        signed.lists += 1
        return signed.failing ? Promise.reject(new Error('no entropy')) : authority.revocations(revoked)
      },
    },
  })
  const list = async (status = 200): Promise<string> => {
    const response = await api.get('/v1/authority/revocations')
    expect(response.status).toBe(status)
    return response.text()
  }
  const { devices, certificates } = api.context.catalogue
  devices.add('gate-1', 'library')
  for (const serial of ['0A', '0B']) {
    certificates.add({
      serial,
      device: 'gate-1',
      issuedMs: NOW_MS,
      expiresMs: NOW_MS + 90 * DAY_MS,
    })
  }
  return {
    signed,
    clock,
    certificates,
    devices,
    list,
    async [Symbol.asyncDispose]() {
      authority.close()
      await api[Symbol.asyncDispose]()
    },
  }
}

describe('the list of revoked certificates', () => {
  it('is signed once, however many ask for it at once or one after the other', async () => {
    await using at = await withAuthority()
    const lists = await Promise.all(Array.from({ length: 50 }, () => at.list()))
    for (let i = 0; i < 50; i += 1) lists.push(await at.list())
    expect(new Set(lists).size).toBe(1)
    expect(lists[0]).toContain('BEGIN X509 CRL')
    expect(at.signed.lists).toBe(1)
  })

  it('is another one from the moment at which a certificate or a device is revoked', async () => {
    await using at = await withAuthority()
    const none = await at.list()
    at.certificates.revoke('0A')
    const one = await at.list()
    expect(one).not.toBe(none)
    at.certificates.revoke('0A')
    expect(await at.list()).toBe(one)
    at.devices.revoke('gate-1')
    expect((await at.list()).length).toBeGreaterThan(one.length)
    expect(at.signed.lists).toBe(3)
  })

  it('is signed anew when it is a day old, and when the clock was set back', async () => {
    await using at = await withAuthority()
    const first = await at.list()
    at.clock.nowMs += DAY_MS - 1
    expect(await at.list()).toBe(first)
    at.clock.nowMs += 1
    expect(await at.list()).not.toBe(first)
    at.clock.nowMs -= 10 * DAY_MS
    await at.list()
    expect(at.signed.lists).toBe(3)
  })

  it('is asked of the authority again after that could not sign', async () => {
    await using at = await withAuthority()
    at.signed.failing = true
    await at.list(500)
    at.signed.failing = false
    await at.list()
    expect(at.signed.lists).toBe(2)
  })
})
