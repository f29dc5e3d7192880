import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { servedApi } from './fixture.ts'

describe('nadi devices', () => {
  it('adds a device with a password that works, lists it and revokes it', async () => {
    await using city = await servedApi()
    const made = await city.json('devices', 'add', 'edge', '--building', 'library')
    expect(Object.keys(made)).toEqual(['device', 'password'])
    expect(city.catalogue.devices.authenticate('edge', made.password)?.device.building).toBe('library')
    expect(await city.json('devices', 'list')).toMatchObject({ items: [{ id: 'edge', status: 'never' }] })
    expect(await city.json('devices', 'revoke', 'edge')).toEqual({ revoked: 'edge' })
    expect(city.catalogue.devices.authenticate('edge', made.password)).toBeUndefined()
  })

  it('shows a person the password on standard output and a line to try on standard error', async () => {
    await using city = await servedApi()
    const { code, stdout, stderr } = await city.run('devices', 'add', 'edge', '--building', 'annex')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^device {4}edge\npassword {2}[\w-]{43}\n$/)
    expect(stderr).toMatch(/"annex" is new.*Known so far: .*library.*npx nadi devices revoke edge/)
    expect(stderr).toMatch(/mosquitto_pub -h 127\.0\.0\.1 -p 2 -u edge/)
  })

  it('refuses a mistyped building and names those that there are, unless it is said to be new', async () => {
    await using city = await servedApi()
    const mistyped = ['devices', 'add', 'edge', '--building', 'libary']
    const { code, stderr } = await city.run(...mistyped)
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/was "library" meant\? There are .*library/)
    expect(city.catalogue.devices.find('edge')).toBeUndefined()
    expect((await city.run(...mistyped, '--new-building')).code).toBe(0)
  })

  it('gives on what the city refuses, with the exit code of its kind', async () => {
    await using city = await servedApi()
    await city.json('devices', 'add', 'edge', '--building', 'library')
    const again = await city.run('devices', 'add', 'edge', '--building', 'library', '--json')
    expect(again).toMatchObject({ code: 1, stdout: '' })
    expect(again.stderr).toMatch(/There is a device "edge" already.*nadi devices rotate edge/)
    const wrong = await city.run('devices', 'add', 'edge-2', '--building', 'The Library')
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('/building:')
  })
})

describe('nadi users and keys', () => {
  it('makes accounts and keys that work, lists them and takes them back', async () => {
    await using city = await servedApi()
    const user = await city.json('users', 'add', 'siti', '--role', 'operator')
    expect(await city.catalogue.users.authenticate('siti', user.password)).toMatchObject({ role: 'operator' })
    expect(await city.json('users', 'list')).toMatchObject({ items: [{ name: 'siti' }] })
    await city.json('users', 'remove', 'siti')
    expect(city.catalogue.users.count()).toBe(0)

    const made = await city.json('keys', 'add', '--role', 'scientist', '--name', 'notebook')
    expect(city.catalogue.keys.authenticate(made.key)).toMatchObject({ id: made.id, name: 'notebook' })
    const { items } = await city.json('keys', 'list', '--token', city.administrator)
    expect(items).toContainEqual(expect.objectContaining({ id: made.id, role: 'scientist' }))
    await city.json('keys', 'revoke', made.id)
    expect(city.catalogue.keys.authenticate(made.key)).toBeUndefined()
  })

  it('reads a person’s own password from standard input and tells it nobody', async () => {
    await using city = await servedApi()
    const nadi = path.resolve(import.meta.dirname, '../../bin/nadi.mjs')
    const args = [nadi, 'users', 'add', 'siti', '--role', 'operator', '--password-stdin', '--json']
    const child = spawn(process.execPath, args, {
      env: { ...process.env, NADI_DATA_DIR: city.dataDir },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child.stdin.end('correct horse battery\n')
    expect(JSON.parse(await text(child.stdout))).toEqual({ name: 'siti', role: 'operator' })
    expect(await city.catalogue.users.authenticate('siti', 'correct horse battery')).toBeDefined()
  })

  it('fails with the reason when the token is not an administrator’s', async () => {
    await using city = await servedApi()
    const { key } = city.catalogue.keys.add('operator', 'test')
    const { code, stderr } = await city.run('keys', 'list', '--token', key)
    expect(code).toBe(1)
    expect(stderr).toContain('administrator')
  })
})

describe('nadi quarantine', () => {
  it('lists what was sent without letting it steer the terminal, and retries it', async () => {
    await using city = await servedApi({
      retryQuarantined: async (id) => {
        if (id !== 1) return { outcome: 'quarantined', reason: 'no value' }
        city.catalogue.quarantine.remove(id)
        return { outcome: 'stored' }
      },
    })
    const pack = { device: 'edge', topic: 't', arrivedMs: 0, reason: 'not\u001b[31m JSON' }
    city.catalogue.quarantine.addAll([1, 2].map(() => ({ ...pack, payload: Buffer.from('\u001b[2Jx') })))
    const shown = await city.run('quarantine', 'list', '--payload')
    expect(shown.stdout).toContain('JSON')
    expect(shown.stdout).not.toContain('\u001b')
    expect(await city.json('quarantine', 'retry')).toEqual({
      retried: 2,
      stored: 1,
      remaining: [{ id: 2, reason: 'no value' }],
    })
    expect(await city.json('quarantine', 'list', '--device', 'edge')).toMatchObject({ items: [{ id: 2 }] })
    expect((await city.run('quarantine', 'retry', '99')).code).toBe(1)
  })

  it('drops what was chosen, when somebody says so, and keeps an entry of each', async () => {
    await using city = await servedApi()
    const pack = { topic: 't', arrivedMs: 0, reason: 'no JSON', payload: Buffer.from('x') }
    city.catalogue.quarantine.addAll(['edge', 'edge', 'other'].map((device) => ({ ...pack, device })))
    const asked = await city.run('quarantine', 'drop', '--device', 'edge')
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining('Add --yes') })
    const unknown = await city.run('quarantine', 'drop', '1', '3', '--device', 'edge', '--yes')
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('no quarantined pack 3') })
    expect(city.catalogue.quarantine.ids()).toEqual([1, 2, 3])
    expect(await city.json('quarantine', 'drop', '2', '--yes')).toEqual({ dropped: 1 })
    expect(await city.json('quarantine', 'drop', '--device', 'edge', '--yes')).toEqual({ dropped: 1 })
    expect(city.catalogue.quarantine.ids()).toEqual([3])
    const { items } = await city.json('audit', 'list')
    const dropped = items.filter(({ action }: { action: string }) => action === 'quarantine.drop')
    expect(dropped.map(({ subject }: { subject: string }) => subject).toSorted()).toEqual(['1', '2'])
  })
})

describe('nadi backup', () => {
  it('says that the folder is not there before it asks the city', async () => {
    await using city = await servedApi()
    const { code, stderr } = await city.run('backup', path.join(city.dataDir, 'nowhere', 'b.tar'))
    expect(code).toBe(2)
    expect(stderr).toMatch(/The folder .*nowhere does not exist/)
    expect(stderr).not.toContain('The backup failed')
  })
})

describe('finding the city', () => {
  it('does not believe the file that a killed city left behind', async () => {
    await using city = await servedApi()
    // 2 ** 22 + 1 is above the largest process id of Linux.
    const left = { pid: 4_194_305, http: city.url }
    writeFileSync(path.join(city.dataDir, 'run.json'), JSON.stringify(left))
    const { code, stderr } = await city.run('devices', 'list')
    expect(code).toBe(1)
    expect(stderr).toMatch(/not running any more.*npm start/)
  })
})

describe('nadi doctor', () => {
  it('finds nothing wrong with a city that serves', async () => {
    await using city = await servedApi()
    const { ok, findings } = await city.json('doctor')
    expect(findings.filter((finding: { ok: boolean }) => !finding.ok)).toEqual([])
    expect(ok).toBe(true)
  })

  it('names the parts that are not ready, as a sentence', async () => {
    await using city = await servedApi({ readiness: () => ({ broker: false, flows: true }) })
    const { code, stdout } = await city.run('doctor')
    expect(code).toBe(1)
    expect(stdout).toMatch(/^store +WRONG +broker$/m)
  })

  it('says what to do when no city runs', async () => {
    await using city = await servedApi()
    writeFileSync(path.join(city.dataDir, 'run.json'), '{')
    const { code, stdout, stderr } = await city.run('doctor', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout).ok).toBe(false)
    expect(stderr).toContain('npm start')
  })
})
