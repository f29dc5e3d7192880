import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { servedApi } from './fixture.ts'

const LONG = 'x'.repeat(300)

const city = async () => {
  const at = await servedApi()
  const { audit } = at.catalogue
  const actor = { kind: 'person' as const, id: 'siti' }
  audit.record({ actor, action: 'device.add', subject: 'gate-1', detail: { building: 'library' } })
  audit.record({ actor, action: 'user.add', subject: 'budi\u001B[2J' })
  const head = audit.record({ actor: { kind: 'city', id: 'restore' }, action: 'restore', subject: LONG })
  return { ...at, head }
}

describe('nadi audit list', () => {
  it('prints a line for each entry, oldest first, and lets no name steer the terminal', async () => {
    await using at = await city()
    const { code, stdout } = await at.run('audit', 'list')
    expect(code).toBe(0)
    const [heading, ...lines] = stdout.trimEnd().split('\n')
    expect(heading?.split(/ +/)).toEqual(['seq', 'time', 'actor', 'action', 'subject', 'detail'])
    const time = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`
    expect(lines[0]).toMatch(new RegExp(`^1 +${time} +person:siti +device.add +gate-1 +building=library$`))
    expect(lines[1]).toMatch(/^2 .* person:siti +user.add +budi \[2J$/)
    expect(lines[2]).toContain(`city:restore  restore     ${LONG}`)
    expect(lines).toHaveLength(3)
  })

  it('is not spread out by one long name', async () => {
    await using at = await city()
    const { stdout } = await at.run('audit', 'list', '--actor', 'person:siti')
    expect(stdout).not.toContain(LONG)
    const [heading] = (await at.run('audit', 'list')).stdout.split('\n')
    expect(heading?.length).toBeLessThan(120)
  })

  it('names a key, and puts accesses of one actor in a row together', async () => {
    await using at = await servedApi()
    const { id } = at.catalogue.keys.add('operator', 'dashboard')
    const actor = { kind: 'key' as const, id }
    for (const subject of ['library/co2', 'library/energy', 'library/co2'])
      at.catalogue.audit.record({ actor, action: 'access.mqtt', subject })
    at.catalogue.audit.record({ actor, action: 'label.add', subject: 'library' })
    const lines = async (...words: string[]) =>
      (await at.run('audit', 'list', '--actor', id, ...words)).stdout.trimEnd().split('\n').slice(1)
    const folded = await lines()
    expect(folded).toHaveLength(2)
    expect(folded[0]).toMatch(/\(dashboard\) +access.mqtt +3 entries, 2 subjects +to seq \d+/)
    expect(await lines('--each')).toHaveLength(4)
    expect(await lines('--except', 'access')).toHaveLength(1)
  })

  it('filters by action and by time', async () => {
    await using at = await city()
    expect(await at.json('audit', 'list', '--action', 'user')).toMatchObject({ items: [{ seq: 2 }] })
    expect(await at.json('audit', 'list', '--since', '2100-01-01')).toEqual({ items: [] })
  })
})

describe('nadi audit head', () => {
  it('prints number, time and hash of the newest entry', async () => {
    await using at = await city()
    const { code, stdout } = await at.run('audit', 'head')
    expect(code).toBe(0)
    const time = new Date(at.head.timeMs).toISOString()
    expect(stdout).toBe(`entry  3\ntime   ${time}\nhash   ${at.head.hash}\n`)
  })

  it('says that there is none yet', async () => {
    await using at = await servedApi()
    expect((await at.run('audit', 'head')).stdout).toMatch(/^entry {2}0\ntime {3}-\nhash {3}[0-9a-f]{64}\n$/)
  })
})

describe('nadi audit verify', () => {
  it('tells the head alike from the city and from its files', async () => {
    await using at = await city()
    at.catalogue.flush()
    const head = await at.json('audit', 'head')
    expect(await at.json('audit', 'verify')).toEqual({ entries: 3, head, endKnown: true, problem: null })
    const fromFile = await at.json('audit', 'verify', '--file', at.dataDir)
    expect(fromFile).toEqual({ entries: 3, head, endKnown: true, problem: null })
  })

  it('fails when the heads noted beside the log are gone, unless one noted elsewhere is found', async () => {
    await using at = await city()
    at.catalogue.flush()
    const anchors = path.join(at.dataDir, 'audit-anchors.jsonl')
    writeFileSync(anchors, '')
    for (const where of [[], ['--file', at.dataDir]]) {
      const { code, stderr } = await at.run('audit', 'verify', ...where)
      expect(code).toBe(1)
      expect(stderr).toMatch(/whole, but its end cannot be proven.*--head/)
      expect((await at.run('audit', 'verify', '--head', at.head.hash, ...where)).code).toBe(0)
    }
  })
})
