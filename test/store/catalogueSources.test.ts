import { describe, expect, it } from 'vitest'
import { temporaryCatalogue } from './catalogueFixture.ts'

describe('The source of a Datastream', () => {
  it('is the first that was told, also after a restart', async () => {
    await using at = await temporaryCatalogue()
    at.catalogue.sources.claim('library/room-a/co2', 'zigbee/Room A/co2')
    at.catalogue.sources.claim('library/room-a/co2', 'zigbee/room_a/co2')
    expect(at.reopen().sources.of('library/room-a/co2')).toBe('zigbee/Room A/co2')
    expect(at.catalogue.sources.mappedTo('zigbee/Room A/co2')).toBeUndefined()
  })

  it('is another once it is mapped, and what that had is let go', async () => {
    await using at = await temporaryCatalogue()
    at.catalogue.sources.claim('library/room-a/co2', 'zigbee/Room A/co2')
    at.catalogue.sources.claim('library/annex/co2', 'zigbee/room_a/co2')
    at.catalogue.sources.map('zigbee/room_a/co2', 'library/room-a/co2')
    const { sources } = at.reopen()
    expect(sources.of('library/room-a/co2')).toBe('zigbee/room_a/co2')
    expect(sources.of('library/annex/co2')).toBeUndefined()
    expect(sources.mappedTo('zigbee/room_a/co2')).toBe('library/room-a/co2')
  })

  it('is as it was when its transaction is undone', async () => {
    await using at = await temporaryCatalogue()
    const { sources } = at.catalogue
    expect(() =>
      at.catalogue.transaction(() => {
        sources.claim('library/co2', 'zigbee/co2')
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(sources.of('library/co2')).toBeUndefined()
  })
})
