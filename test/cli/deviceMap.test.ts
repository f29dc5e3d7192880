import { describe, expect, it } from 'vitest'
import { servedApi } from './fixture.ts'

describe('nadi devices map', () => {
  it('hands a Datastream over to a topic and says what it came on before', async () => {
    await using city = await servedApi()
    const { devices, sources } = city.catalogue
    devices.add('zigbee', 'library', 'zigbee')
    sources.claim('library/room-a/co2', 'zigbee/Room A/co2')
    const map = ['devices', 'map', 'zigbee', 'zigbee/room_a/co2', 'library/room-a/co2']
    const { code, stderr } = await city.run(...map)
    expect(code).toBe(0)
    expect(stderr).toContain('Until now that came on "zigbee/Room A/co2"')
    expect(sources.mappedTo('zigbee/room_a/co2')).toBe('library/room-a/co2')
    expect(await city.json(...map)).toMatchObject({ before: null })
  })

  it('refuses what is no gateway, another root and another building, and says why', async () => {
    await using city = await servedApi()
    city.catalogue.devices.add('zigbee', 'library', 'zigbee')
    city.catalogue.devices.add('meter', 'library')
    const refused = async (...words: string[]) => {
      const { code, stderr } = await city.run('devices', 'map', ...words)
      expect(code).not.toBe(0)
      return stderr
    }
    expect(await refused('meter', 'zigbee/co2', 'library/co2')).toContain('no gateway')
    expect(await refused('zigbee', 'tele/co2', 'library/co2')).toContain('root "zigbee"')
    expect(await refused('zigbee', 'zigbee/co2', 'museum/co2')).toContain('"library" alone')
  })
})
