import { readFileSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { openCatalogue } from '../../store/catalogue/open.ts'
import { silent, temporaryCatalogue } from './catalogueFixture.ts'

describe('devices', () => {
  it('are let in by their own password alone', async () => {
    await using at = await temporaryCatalogue({ now: () => 42 })
    const password = at.catalogue.devices.add('library-edge', 'library')
    const other = at.catalogue.devices.add('clinic-edge', 'clinic')
    for (const { devices } of [at.catalogue, at.reopen()]) {
      expect(devices.authenticate('library-edge', password)?.device).toMatchObject({
        id: 'library-edge',
        building: 'library',
        createdMs: 42,
        status: 'never',
      })
      expect(devices.authenticate('library-edge', other)).toBeUndefined()
      expect(devices.authenticate('library-edge', '')).toBeUndefined()
      expect(devices.authenticate('nobody', password)).toBeUndefined()
    }
    expect(password).toMatch(/^[\w-]{43}$/)
  })

  it('are not made twice, and once revoked may be made anew with another password', async () => {
    await using at = await temporaryCatalogue()
    const first = at.catalogue.devices.add('edge', 'library')
    expect(() => at.catalogue.devices.add('edge', 'clinic')).toThrow(
      expect.objectContaining({ code: 'conflict' }),
    )
    at.catalogue.devices.revoke('edge')
    expect(at.catalogue.devices.authenticate('edge', first)).toBeUndefined()
    expect(at.reopen().devices.authenticate('edge', first)).toBeUndefined()
    const second = at.catalogue.devices.add('edge', 'library')
    expect(at.catalogue.devices.authenticate('edge', first)).toBeUndefined()
    expect(at.reopen().devices.authenticate('edge', second)?.device.id).toBe('edge')
  })

  it('that are not there cannot be revoked', async () => {
    await using at = await temporaryCatalogue()
    expect(() => at.catalogue.devices.revoke('edge')).toThrow(expect.objectContaining({ code: 'not-found' }))
  })

  it.each(['', 'a:b', 'a/b', '+', '#', 'a b', '-a', 'alarms', 'x'.repeat(65)])(
    'refuse the id "%s"',
    async (id) => {
      await using at = await temporaryCatalogue()
      expect(() => at.catalogue.devices.add(id, 'library')).toThrow(
        expect.objectContaining({ code: 'invalid-input' }),
      )
    },
  )

  it('remember status, last pack and refusals across a restart', async () => {
    await using at = await temporaryCatalogue()
    at.catalogue.devices.add('edge', 'library')
    at.catalogue.devices.setStatus('edge', 'online', 5)
    at.catalogue.devices.noteSeen('edge', 7)
    at.catalogue.devices.noteForbidden('edge')
    at.catalogue.devices.noteForbidden('edge')
    at.catalogue.devices.noteSeen('nobody', 7)
    const expected = { status: 'online', statusMs: 5, lastSeenMs: 7, forbiddenCount: 2 }
    expect(at.catalogue.devices.find('edge')).toMatchObject(expected)
    expect(at.reopen().devices.find('edge')).toMatchObject(expected)
  })

  it('cost no commit for each status that they send, and since when it holds is kept', async () => {
    await using at = await temporaryCatalogue()
    const { devices } = at.catalogue
    for (const id of ['edge', 'meter']) devices.add(id, 'library')
    devices.setStatus('edge', 'online', 1)
    using reader = new DatabaseSync(at.file, { readOnly: true })
    const version = () => reader.prepare('PRAGMA data_version').get()?.['data_version']
    const before = version()
    for (let i = 0; i < 1_000; i += 1) devices.setStatus('edge', i % 2 === 0 ? 'offline' : 'online', 10 + i)
    devices.setStatus('edge', 'online', 9_999)
    expect(version()).toBe(before)
    // Told for the first time, and so written at once.
    devices.setStatus('meter', 'online', 3)
    expect(reader.prepare('SELECT status FROM device WHERE id = ?').get('meter')).toEqual({
      status: 'online',
    })
    expect(at.reopen().devices.find('edge')).toMatchObject({ status: 'online', statusMs: 1_009 })
  })
})

describe('people', () => {
  it('log in with their password, whatever the case of their name', async () => {
    await using at = await temporaryCatalogue()
    await at.catalogue.users.add('Ana', 'operator', 'correct horse battery')
    const { users } = at.reopen()
    expect(await users.authenticate('ana', 'correct horse battery')).toMatchObject({
      name: 'Ana',
      role: 'operator',
    })
    expect(await users.authenticate('Ana', 'correct horse batterz')).toBeUndefined()
    expect(await users.authenticate('nobody', 'correct horse battery')).toBeUndefined()
    expect(users.count()).toBe(1)
  })

  it('have one account for a name, also when two are made at once', async () => {
    await using at = await temporaryCatalogue()
    const both = await Promise.allSettled([
      at.catalogue.users.add('ana', 'operator', 'correct horse battery'),
      at.catalogue.users.add('ANA', 'scientist', 'another long password'),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(at.catalogue.users.count()).toBe(1)
  })

  it('are told every field that is wrong', async () => {
    await using at = await temporaryCatalogue()
    await expect(at.catalogue.users.add('a b', 'citizen', 'short')).rejects.toMatchObject({
      code: 'invalid-input',
      problems: [{ pointer: '/name' }, { pointer: '/role' }, { pointer: '/password' }],
    })
  })

  it('lose their sessions with their account, and each session at its end', async () => {
    let nowMs = 1_000
    await using at = await temporaryCatalogue({ now: () => nowMs })
    await at.catalogue.users.add('ana', 'operator', 'correct horse battery')
    const token = at.catalogue.sessions.open('ana', 2_000)
    const closed = at.catalogue.sessions.open('ana', 2_000)
    at.catalogue.sessions.close(closed)
    expect(at.catalogue.sessions.find(closed, 1_000)).toBeUndefined()
    expect(at.reopen().sessions.find(token, 1_999)).toMatchObject({ name: 'ana', role: 'operator' })
    expect(at.catalogue.sessions.find(token, 2_000)).toBeUndefined()
    nowMs = 3_000
    const later = at.catalogue.sessions.open('ana', 9_000)
    at.catalogue.users.remove('ana')
    expect(at.catalogue.sessions.find(later, 3_000)).toBeUndefined()
    expect(() => at.catalogue.users.remove('ana')).toThrow(expect.objectContaining({ code: 'not-found' }))
  })
})

describe('keys', () => {
  it('open with the whole key until they are revoked', async () => {
    await using at = await temporaryCatalogue()
    const { id, key } = at.catalogue.keys.add('agency:energy', 'meter reading')
    expect(key.startsWith(`nadi_${id}_`)).toBe(true)
    expect(at.reopen().keys.authenticate(key)).toMatchObject({ id, role: 'agency:energy' })
    expect(at.catalogue.keys.authenticate(key.slice(0, -1))).toBeUndefined()
    expect(at.catalogue.keys.authenticate(id)).toBeUndefined()
    expect(at.catalogue.keys.authenticate('')).toBeUndefined()
    at.catalogue.keys.revoke(id)
    expect(at.catalogue.keys.authenticate(key)).toBeUndefined()
    expect(at.reopen().keys.authenticate(key)).toBeUndefined()
    expect(at.catalogue.keys.list()).toMatchObject([{ id, name: 'meter reading' }])
  })
})

describe('the file', () => {
  it('holds no secret in the clear and is for its owner alone', async () => {
    await using at = await temporaryCatalogue()
    await at.catalogue.users.add('ana', 'operator', 'correct horse battery')
    const secrets = [
      at.catalogue.devices.add('edge', 'library'),
      at.catalogue.keys.add('operator', 'a key').key,
      at.catalogue.sessions.open('ana', Date.now() + 60_000),
      'correct horse battery',
    ].flatMap((secret) => [secret, secret.replace(/^nadi_[0-9a-f]+_/, '')])
    const bytes = [readFileSync(at.file), readFileSync(`${at.file}-wal`)].map((file) =>
      file.toString('latin1'),
    )
    expect(bytes.join('')).toContain('edge')
    for (const secret of secrets) {
      for (const file of bytes) expect(file.includes(secret)).toBe(false)
    }
    expect(statSync(at.file).mode & 0o777).toBe(0o600)
  })

  it('of a newer version is refused with what to do', async () => {
    await using at = await temporaryCatalogue()
    at.catalogue.close()
    const db = new DatabaseSync(at.file)
    db.exec('UPDATE schema_version SET version = 99')
    db.close()
    expect(() => openCatalogue({ file: at.file, log: silent })).toThrow(/newer Nadi/)
  })
})
