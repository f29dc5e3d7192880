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
    expect(await at.json('audit', 'verify')).toEqual({ entries: 3, head, problem: null })
    const fromFile = await at.json('audit', 'verify', '--file', at.dataDir)
    expect(fromFile).toEqual({ entries: 3, head, problem: null })
  })
})
