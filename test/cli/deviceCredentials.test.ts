import { execFileSync, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeKey, makeRequest } from '../../authority/request.ts'
import { testAuthority } from '../support/authority.ts'
import { servedApi } from './fixture.ts'

const city = async () => {
  const authority = await testAuthority()
  const api = await servedApi({
    authority,
    addresses: () => ({
      http: 'http://127.0.0.1:1',
      mqtt: 'mqtt://127.0.0.1:2',
      mqtts: 'mqtts://127.0.0.1:3',
      flows: undefined,
    }),
  })
  return { ...api, authority, folder: path.join(api.dataDir, 'gate-1') }
}

const pem = (folder: string, name: string): string => readFileSync(path.join(folder, `${name}.pem`), 'utf8')

describe('nadi devices add --certificate', () => {
  it('makes a key here, which only its owner may read, and writes certificate and authority beside it', async () => {
    await using at = await city()
    const made = await at.json(
      'devices',
      'add',
      'gate-1',
      '--building',
      'library',
      '--certificate',
      at.folder,
    )
    expect(Object.keys(made)).toEqual(['device', 'certificate', 'files'])
    const certificate = new X509Certificate(pem(at.folder, 'cert'))
    expect(certificate.subject).toBe('CN=gate-1')
    expect(certificate.serialNumber).toBe(made.certificate.serial)
    expect(certificate.verify(new X509Certificate(pem(at.folder, 'ca')).publicKey)).toBe(true)
    expect(pem(at.folder, 'ca')).toBe(at.authority.certificate)
    expect(statSync(made.files.key).mode & 0o777).toBe(0o600)
    expect(at.catalogue.certificates.find(made.certificate.serial)?.device).toBe('gate-1')
    const sent = JSON.stringify(at.catalogue.audit.list())
    expect(sent).toContain(made.certificate.serial)
    expect(sent).not.toContain('PRIVATE')
  })

  it('adds no device when the request cannot be signed', async () => {
    await using at = await city()
    const body = { id: 'gate-1', building: 'library', request: 'nonsense' }
    expect(await at.ask('POST', '/v1/devices', { body })).toMatchObject({
      status: 400,
      body: { code: 'invalid-input', detail: expect.stringContaining('PKCS #10') },
    })
    expect(at.catalogue.devices.list()).toEqual([])
  })
})

describe('nadi devices certificate', () => {
  it('renews with the same key, and ends the older certificate after the grace that is asked for', async () => {
    await using at = await city()
    const first = await at.json(
      'devices',
      'add',
      'gate-1',
      '--building',
      'library',
      '--certificate',
      at.folder,
    )
    const key = pem(at.folder, 'key')
    const second = await at.json(
      'devices',
      'certificate',
      'gate-1',
      '--out',
      at.folder,
      '--days',
      '30',
      '--grace',
      '1h',
    )
    expect(pem(at.folder, 'key')).toBe(key)
    expect(new X509Certificate(pem(at.folder, 'cert')).serialNumber).toBe(second.certificate.serial)
    const { items } = await at.json('devices', 'certificates', '--device', 'gate-1')
    const left = (serial: string) =>
      Date.parse(items.find((it: { id: string }) => it.id === serial).expiresAt) - Date.now()
    expect(left(first.certificate.serial)).toBeLessThanOrEqual(3_600_000)
    expect(left(second.certificate.serial)).toBeGreaterThan(29 * 86_400_000)
  })

  it('says what the new one takes the place of and which certificates still work beside it', async () => {
    await using at = await city()
    const certificate = ['devices', 'certificate', 'gate-1', '--out', at.folder]
    const added = ['devices', 'add', 'gate-1', '--building', 'library', '--certificate', at.folder]
    const first = await at.json(...added)
    const { serial, expiresAt } = first.certificate
    const { code, stderr } = await at.run(...certificate)
    expect(code).toBe(0)
    expect(stderr).toContain(`it takes the place of ${serial}`)
    expect(stderr).toContain(`Still valid until ${expiresAt}: ${serial}`)
    const last = await at.run(...certificate, '--grace', '0')
    expect(last.stderr).not.toContain('Still valid')
  })

  it('writes over the files of no other device', async () => {
    await using at = await city()
    await at.json('devices', 'add', 'gate-1', '--building', 'library', '--certificate', at.folder)
    const before = pem(at.folder, 'cert')
    at.catalogue.devices.add('gate-2', 'library')
    for (const args of [
      ['devices', 'certificate', 'gate-2', '--out', at.folder],
      ['devices', 'add', 'gate-3', '--building', 'library', '--certificate', at.folder],
    ]) {
      const { code, stderr } = await at.run(...args)
      expect(code).toBe(1)
      expect(stderr).toMatch(/is the certificate of another \(CN=gate-1\)/)
    }
    expect(pem(at.folder, 'cert')).toBe(before)
    expect(at.catalogue.certificates.list()).toHaveLength(1)
  })

  it('signs a request that openssl made, and none for another device or with a weak key', async () => {
    await using at = await city()
    at.catalogue.devices.add('gate-1', 'library')
    mkdirSync(at.folder)
    const file = (name: string) => path.join(at.folder, name)
    const request = (name: string, subject: string, ...key: string[]) => {
      const args = [
        'req',
        '-new',
        '-nodes',
        ...key,
        '-subj',
        subject,
        '-keyout',
        file('k.pem'),
        '-out',
        file(name),
      ]
      expect(spawnSync('openssl', args).status).toBe(0)
      return file(name)
    }
    const p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
    const issue = (csr: string) =>
      at.ask('POST', '/v1/devices/gate-1/certificates', { body: { request: readFileSync(csr, 'utf8') } })
    expect((await issue(request('rsa.csr', '/CN=gate-1', '-newkey', 'rsa:2048'))).status).toBe(201)
    const csr = request('ec.csr', '/CN=gate-1', ...p256)
    expect((await at.run('devices', 'certificate', 'gate-1', '--out', at.folder, '--csr', csr)).code).toBe(0)
    const args = `verify -purpose sslclient -CAfile ${file('ca.pem')} ${file('cert.pem')}`
    expect(execFileSync('openssl', args.split(' ')).toString()).toContain('OK')
    for (const wrong of [
      request('other.csr', '/CN=gate-2', ...p256),
      request('weak.csr', '/CN=gate-1', '-newkey', 'rsa:1024'),
      file('ca.pem'),
    ]) {
      expect(await issue(wrong)).toMatchObject({ status: 400, body: { code: 'invalid-input' } })
    }
  })

  it('is refused to a device that is not there or was revoked', async () => {
    await using at = await city()
    at.catalogue.devices.add('gate-1', 'library')
    at.catalogue.devices.revoke('gate-1')
    const ask = async (id: string) => {
      const request = await makeRequest(id, await makeKey())
      return at.ask('POST', `/v1/devices/${id}/certificates`, { body: { request } })
    }
    expect((await ask('gate-1')).status).toBe(409)
    expect((await ask('nobody')).status).toBe(404)
    expect(at.catalogue.certificates.list()).toEqual([])
  })
})

describe('nadi devices rotate and revoke', () => {
  it('gives a new password beside the old one for the grace, or at once', async () => {
    await using at = await city()
    const authenticate = (id: string, password: string) => at.catalogue.devices.authenticate(id, password)
    const first = at.catalogue.devices.add('gate-1', 'library')
    const second = await at.json('devices', 'rotate', 'gate-1', '--grace', '15m')
    expect(Date.parse(second.previousValidUntil) - Date.now()).toBeLessThanOrEqual(900_000)
    for (const password of [first, second.password]) expect(authenticate('gate-1', password)).toBeDefined()
    const third = await at.json('devices', 'rotate', 'gate-1', '--grace', '0')
    for (const password of [first, second.password]) expect(authenticate('gate-1', password)).toBeUndefined()
    expect(authenticate('gate-1', third.password)).toBeDefined()
    expect(at.catalogue.audit.list().map(({ action }) => action)).toEqual(['device.rotate', 'device.rotate'])
    expect((await at.run('devices', 'rotate', 'gate-1', '--grace', 'soon')).code).toBe(2)
    expect((await at.ask('POST', '/v1/devices/nobody/password', { body: {} })).status).toBe(404)
  })

  it('gives no password to a device that proves itself by a certificate', async () => {
    await using at = await city()
    const added = ['devices', 'add', 'gate-1', '--building', 'library']
    await at.json(...added, '--certificate', at.folder)
    const { code, stdout, stderr } = await at.run('devices', 'rotate', 'gate-1')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/has no password to replace.*nadi devices certificate gate-1/)
    expect(at.catalogue.audit.list().map(({ action }) => action)).toEqual(['device.add'])
    await at.json('devices', 'revoke', 'gate-1')
    const again = await at.json(...added)
    expect(at.catalogue.devices.authenticate('gate-1', again.password)).toBeDefined()
    await at.json('devices', 'rotate', 'gate-1')
  })

  it('revokes one certificate, which then stands in the list for TLS servers elsewhere', async () => {
    await using at = await city()
    const { certificate } = await at.json(
      'devices',
      'add',
      'gate-1',
      '--building',
      'library',
      '--certificate',
      at.folder,
    )
    const verify = async () => {
      const list = await (await fetch(`${at.url}/v1/authority/revocations`)).text()
      writeFileSync(path.join(at.folder, 'revoked.pem'), list)
      const [ca, crl, cert] = ['ca', 'revoked', 'cert'].map((name) => path.join(at.folder, `${name}.pem`))
      return spawnSync('openssl', `verify -crl_check -CAfile ${ca} -CRLfile ${crl} ${cert}`.split(' ')).status
    }
    expect(await verify()).toBe(0)
    expect(await at.json('devices', 'revoke', '--certificate', certificate.serial)).toEqual({
      revoked: certificate.serial,
    })
    expect(await verify()).not.toBe(0)
    expect(at.catalogue.certificates.find(certificate.serial)?.validUntilMs).toBe(0)
    expect(at.catalogue.audit.list().at(-1)).toMatchObject({
      action: 'device.certificate.revoke',
      subject: 'gate-1',
    })
    expect((await at.ask('DELETE', '/v1/certificates/AB')).status).toBe(404)
    expect((await at.run('devices', 'revoke')).code).toBe(2)
  })

  it('hands the authority to everybody', async () => {
    await using at = await city()
    expect((await at.run('devices', 'authority')).stdout).toBe(at.authority.certificate)
    expect((await fetch(`${at.url}/v1/authority`)).status).toBe(200)
  })
})
