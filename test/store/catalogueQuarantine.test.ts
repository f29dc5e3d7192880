import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { temporaryCatalogue } from './catalogueFixture.ts'

const pack = (device: string, bytes: number, mark = 0) => ({
  device,
  topic: `nadi/v1/${device}/observations`,
  arrivedMs: mark,
  reason: 'not JSON',
  payload: new Uint8Array(bytes).fill(mark % 256),
})

describe('quarantine', () => {
  it('keeps a pack as it arrived until it is removed', async () => {
    await using at = await temporaryCatalogue()
    at.catalogue.quarantine.add(pack('edge', 3, 7))
    const [listed] = at.reopen().quarantine.list()
    const { payload, ...rest } = pack('edge', 3, 7)
    expect(listed).toEqual({ ...rest, id: 1, payloadStart: payload, payloadBytes: 3 })
    expect(at.catalogue.quarantine.find(1)).toEqual({ ...rest, payload, id: 1 })
    at.catalogue.quarantine.remove(1)
    at.catalogue.quarantine.remove(1)
    expect(at.reopen().quarantine.list()).toEqual([])
    expect(at.catalogue.quarantine.count()).toBe(1)
  })

  it('is read page by page and by device', async () => {
    await using at = await temporaryCatalogue()
    at.catalogue.quarantine.addAll([pack('a', 1), pack('b', 1), pack('a', 1), pack('a', 1)])
    const ids = (options: object) => at.catalogue.quarantine.list(options).map(({ id }) => id)
    expect(ids({ limit: 2 })).toEqual([1, 2])
    expect(ids({ afterId: 2 })).toEqual([3, 4])
    expect(ids({ device: 'a', afterId: 1, limit: 1 })).toEqual([3])
    expect(at.catalogue.quarantine.ids({ device: 'a', afterId: 1, limit: 1 })).toEqual([3])
    expect(at.catalogue.quarantine.ids()).toEqual([1, 2, 3, 4])
  })

  it('lists the start of a payload, however long it is', async () => {
    await using at = await temporaryCatalogue()
    at.catalogue.quarantine.add(pack('edge', 100_000, 7))
    const [listed] = at.catalogue.quarantine.list()
    expect(listed?.payloadStart).toEqual(new Uint8Array(2_000).fill(7))
    expect(listed?.payloadBytes).toBe(100_000)
  })

  it('drops what one device sent first, and nothing of another device', async () => {
    await using at = await temporaryCatalogue({ quarantineBytesPerDevice: 1_000 })
    at.catalogue.quarantine.add(pack('quiet', 500))
    for (let mark = 0; mark < 10; mark += 1) at.catalogue.quarantine.add(pack('noisy', 300, mark))
    const kept = at.catalogue.quarantine.list({ device: 'noisy' })
    expect(kept.map(({ arrivedMs }) => arrivedMs)).toEqual([8, 9])
    expect(at.catalogue.quarantine.list({ device: 'quiet' })).toHaveLength(1)
    expect(at.catalogue.quarantine.count()).toBe(11)
    expect(at.reopen().quarantine.dropped()).toBe(8)
  })

  it('never holds more than its room, whatever comes, goes and restarts', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), device: fc.constantFrom('a', 'b'), bytes: fc.nat(900) }),
      fc.record({ do: fc.constant('remove' as const), nth: fc.nat(5) }),
      fc.record({ do: fc.constant('reopen' as const) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        await using at = await temporaryCatalogue({ quarantineBytesPerDevice: 1_500 })
        let added = 0
        let removed = 0
        for (const now of steps) {
          const { quarantine } = at.catalogue
          if (now.do === 'reopen') at.reopen()
          if (now.do === 'add') {
            quarantine.add(pack(now.device, now.bytes, added))
            added += 1
          }
          if (now.do === 'remove') {
            const victim = quarantine.list()[now.nth]
            if (victim) {
              quarantine.remove(victim.id)
              removed += 1
            }
          }
        }
        const { quarantine } = at.catalogue
        for (const device of ['a', 'b']) {
          const bytes = quarantine
            .list({ device })
            .reduce(
              (sum, { payloadBytes, topic, reason }) => sum + payloadBytes + topic.length + reason.length,
              0,
            )
          expect(bytes).toBeLessThanOrEqual(1_500)
        }
        expect(quarantine.count()).toBe(added)
        expect(quarantine.list().length).toBe(added - removed - quarantine.dropped())
      }),
      { numRuns: 40 },
    )
  })
})

describe('notices', () => {
  it('are listed newest first, page by page, and kept across a restart', async () => {
    await using at = await temporaryCatalogue()
    const notice = { severity: 'alarm' as const, about: 'library/co2', message: 'too high', source: 'flows' }
    for (let createdMs = 1; createdMs <= 5; createdMs += 1) at.catalogue.notices.add({ ...notice, createdMs })
    const { notices } = at.reopen()
    expect(notices.list({ limit: 2 }).map(({ createdMs }) => createdMs)).toEqual([5, 4])
    expect(notices.list({ beforeId: 4 }).map(({ id }) => id)).toEqual([3, 2, 1])
  })
})
