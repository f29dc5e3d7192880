import { describe, expect, it } from 'vitest'
import { servedApi } from './fixture.ts'

describe('nadi devices check', () => {
  it('says of a device that never came that nothing did', async () => {
    await using city = await servedApi()
    city.catalogue.devices.add('edge', 'library')
    const { code, stdout } = await city.run('devices', 'check', 'edge')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^device +edge of library$/m)
    expect(stdout).toMatch(/^connected +no$/m)
    expect(stdout).toMatch(/^status +never$/m)
    expect(stdout).toMatch(/^last pack +none since the city started$/m)
    expect(stdout).not.toContain('rejected')
  })

  it('prints what was rejected and why, what to do, and lets no payload steer the terminal', async () => {
    await using city = await servedApi()
    city.catalogue.devices.add('edge', 'library')
    city.catalogue.quarantine.add({
      device: 'edge',
      topic: 'nadi/v1/edge/observations',
      arrivedMs: Date.UTC(2026, 10, 24),
      reason: 'no JSON',
      payload: Buffer.from('\u001B[2Jhello'),
    })
    const { stdout } = await city.run('devices', 'check', 'edge')
    expect(stdout).toMatch(/^rejected, newest first$/m)
    expect(stdout).toMatch(/1 +2026-11-24T00:00:00.000Z.* no JSON$/m)
    expect(stdout).toMatch(/to mend: \w+/)
    expect(stdout).toMatch(/sent: .*hello/)
    expect(stdout).not.toContain('\u001B')
    expect(await city.json('devices', 'check', 'edge')).toMatchObject({
      device: 'edge',
      rejected: [{ id: 1, reason: 'no JSON' }],
    })
  })

  it('says that a device was revoked, and fails for one that there is not', async () => {
    await using city = await servedApi()
    city.catalogue.devices.add('edge', 'library')
    city.catalogue.devices.revoke('edge')
    expect((await city.run('devices', 'check', 'edge')).stdout).toMatch(/^device +edge of library, revoked$/m)
    const { code, stderr } = await city.run('devices', 'check', 'nobody')
    expect(code).toBe(1)
    expect(stderr).toContain('There is no device of this id')
  })
})
