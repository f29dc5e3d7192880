import { describe, expect, it } from 'vitest'
import { temporaryCatalogue } from './catalogueFixture.ts'

const HOUR_MS = 3_600_000

const conflict = expect.objectContaining({ code: 'conflict' })
const notFound = expect.objectContaining({ code: 'not-found' })

const withClock = async () => {
  let nowMs = 1_000
  const at = await temporaryCatalogue({ now: () => nowMs })
  return {
    at,
    pass: (ms: number) => (nowMs += ms),
    add: (id: string) => at.catalogue.devices.add(id, 'library'),
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  }
}

describe('a rotated password', () => {
  it('leaves the old one valid for its grace, across a restart, and no longer', async () => {
    await using it = await withClock()
    const first = it.add('edge')
    const { credential } = it.at.catalogue.devices.authenticate('edge', first) ?? {}
    expect(credential?.validUntilMs).toBe(Infinity)
    const second = it.at.catalogue.devices.rotate('edge', HOUR_MS)
    expect(credential?.validUntilMs).toBe(1_000 + HOUR_MS)
    for (const { devices } of [it.at.catalogue, it.at.reopen()]) {
      expect(devices.authenticate('edge', first)?.credential.validUntilMs).toBe(1_000 + HOUR_MS)
      expect(devices.authenticate('edge', second)?.credential.validUntilMs).toBe(Infinity)
    }
    it.pass(HOUR_MS)
    for (const { devices } of [it.at.catalogue, it.at.reopen()]) {
      expect(devices.authenticate('edge', first)).toBeUndefined()
      expect(devices.authenticate('edge', second)).toBeDefined()
    }
  })

  it('without a grace ends the old one at once, whatever the clock says later', async () => {
    await using it = await withClock()
    const first = it.add('edge')
    const { credential } = it.at.catalogue.devices.authenticate('edge', first) ?? {}
    it.at.catalogue.devices.rotate('edge', 0)
    it.pass(-900)
    expect(credential?.validUntilMs).toBe(0)
    for (const { devices } of [it.at.catalogue, it.at.reopen()]) {
      expect(devices.authenticate('edge', first)).toBeUndefined()
    }
  })

  it('ends the one before the old one', async () => {
    await using it = await withClock()
    const first = it.add('edge')
    it.at.catalogue.devices.rotate('edge', HOUR_MS)
    it.at.catalogue.devices.rotate('edge', HOUR_MS)
    for (const { devices } of [it.at.catalogue, it.at.reopen()]) {
      expect(devices.authenticate('edge', first)).toBeUndefined()
    }
  })

  it('is refused to a device that is revoked or not there, and revoking ends both', async () => {
    await using it = await withClock()
    const first = it.add('edge')
    const second = it.at.catalogue.devices.rotate('edge', HOUR_MS)
    it.at.catalogue.devices.revoke('edge')
    for (const { devices } of [it.at.catalogue, it.at.reopen()]) {
      for (const password of [first, second]) expect(devices.authenticate('edge', password)).toBeUndefined()
      expect(() => devices.rotate('edge', 0)).toThrow(conflict)
      expect(() => devices.rotate('nobody', 0)).toThrow(notFound)
    }
    const third = it.add('edge')
    for (const password of [first, second]) {
      expect(it.at.catalogue.devices.authenticate('edge', password)).toBeUndefined()
    }
    expect(it.at.catalogue.devices.authenticate('edge', third)).toBeDefined()
  })
})

describe('a certificate', () => {
  const certificate = (serial: string, device = 'edge') => ({
    serial,
    device,
    issuedMs: 1_000,
    expiresMs: 1_000 + 10 * HOUR_MS,
  })

  it('is kept with its device until it expires or is revoked', async () => {
    await using it = await withClock()
    it.add('edge')
    it.at.catalogue.certificates.add(certificate('4A'))
    const known = it.at.catalogue.certificates.find('4A')
    expect(known?.validUntilMs).toBe(1_000 + 10 * HOUR_MS)
    expect(it.at.reopen().certificates.find('4A')).toMatchObject({ device: 'edge', revokedMs: null })
    expect(it.at.catalogue.certificates.find('4B')).toBeUndefined()
    it.at.catalogue.certificates.revoke('4A')
    it.pass(-900)
    for (const { certificates } of [it.at.catalogue, it.at.reopen()]) {
      expect(certificates.find('4A')).toMatchObject({ validUntilMs: 0, revokedMs: 1_000 })
    }
    expect(() => it.at.catalogue.certificates.revoke('4B')).toThrow(notFound)
  })

  it('shortens the others of its device, and of no other, when it is to take their place', async () => {
    await using it = await withClock()
    it.add('edge')
    it.add('other')
    const { certificates } = it.at.catalogue
    certificates.add(certificate('4A'))
    certificates.add(certificate('4B', 'other'))
    const old = certificates.find('4A')
    certificates.add(certificate('4C'), HOUR_MS)
    expect(old?.validUntilMs).toBe(1_000 + HOUR_MS)
    const validities = it.at
      .reopen()
      .certificates.list()
      .map(({ serial, validUntilMs }) => [serial, validUntilMs])
    expect(validities).toEqual([
      ['4A', 1_000 + HOUR_MS],
      ['4B', 1_000 + 10 * HOUR_MS],
      ['4C', 1_000 + 10 * HOUR_MS],
    ])
    expect(it.at.catalogue.certificates.list('other')).toHaveLength(1)
  })

  it('ends with its device, and does not come back when that is added anew', async () => {
    await using it = await withClock()
    it.add('edge')
    it.at.catalogue.certificates.add(certificate('4A'))
    const known = it.at.catalogue.certificates.find('4A')
    it.at.catalogue.devices.revoke('edge')
    expect(known?.validUntilMs).toBe(0)
    expect(() => it.at.catalogue.certificates.add(certificate('4B'))).toThrow(conflict)
    it.add('edge')
    expect(it.at.reopen().certificates.find('4A')?.validUntilMs).toBe(0)
    expect(() => it.at.catalogue.certificates.add(certificate('4C', 'nobody'))).toThrow(notFound)
  })

  it('that ran out long ago is forgotten when its device gets another', async () => {
    await using it = await withClock()
    it.add('edge')
    it.at.catalogue.certificates.add(certificate('4A'))
    it.pass(200 * 24 * HOUR_MS)
    it.at.catalogue.certificates.add({ ...certificate('4B'), expiresMs: 1e13 })
    for (const { certificates } of [it.at.catalogue, it.at.reopen()]) {
      expect(certificates.list().map(({ serial }) => serial)).toEqual(['4B'])
    }
  })
})
