import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tenths } from '../../broker/adapters/_blueprint.ts'
import { ADAPTERS, adaptForeign } from '../../broker/adapters/index.ts'
import { acceptReading } from '../../city/accept.ts'
import { isGatewayRoot, isUnderRoot, rootsOverlap } from '../../city/gatewayRoot.ts'
import { decodePack } from '../../city/senml.ts'

const GATEWAY = { building: 'library', root: 'zigbee/home' }
const ARRIVAL_MS = Date.UTC(2026, 10, 24, 2)

const read = (topic: string, payload: unknown) =>
  adaptForeign(GATEWAY, topic, Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)))

const records = (topic: string, payload: unknown) => {
  const adapted = read(topic, payload)
  if ('reason' in adapted) throw new Error(adapted.reason)
  return JSON.parse(adapted.pack)
}

describe('a foreign message', () => {
  it.each([
    ['Floor 2/Zone A/co2', '612', [{ n: 'library/floor-2/zone-a/co2', v: 612, u: 'ppm' }]],
    ['co2', '612.5', [{ n: 'library/co2', v: 612.5, u: 'ppm' }]],
    ['hall/noise', '41', [{ n: 'library/hall/noise', v: 41 }]],
    ['hall/occupancy', 'true', [{ n: 'library/hall/presence', v: 1 }]],
    ['hall/occupancy', '12', [{ n: 'library/hall/occupancy', v: 12 }]],
    [
      'hall/Temperature',
      { value: 70, unit: '°F', time: '2026-11-24T10:00:00+08:00' },
      [{ n: 'library/hall/temperature', v: 70, u: '°F', t: ARRIVAL_MS / 1000 }],
    ],
    [
      'hall/power',
      { value: 5, time: ARRIVAL_MS },
      [{ n: 'library/hall/power', v: 5, u: 'W', t: ARRIVAL_MS / 1000 }],
    ],
    [
      'floor-2/zone-a',
      {
        temperature: 21.4,
        humidity: 40,
        battery: 90,
        linkquality: 100,
        state: 'ON',
        update: {},
        occupancy: false,
      },
      [
        { n: 'library/floor-2/zone-a/temperature', v: 21.4, u: 'Cel' },
        { n: 'library/floor-2/zone-a/humidity', v: 40, u: '%RH' },
        { n: 'library/floor-2/zone-a/battery', v: 90, u: '%' },
        { n: 'library/floor-2/zone-a/linkquality', v: 100 },
        { n: 'library/floor-2/zone-a/presence', v: 0 },
      ],
    ],
    [
      'hall',
      { illuminance: 900, illuminance_lux: 12, last_seen: ARRIVAL_MS },
      [{ n: 'library/hall/illuminance', v: 900, u: 'lx', t: ARRIVAL_MS / 1000 }],
    ],
  ])('%s %j becomes a pack', (below, payload, expected) => {
    expect(records(`zigbee/home/${below}`, payload)).toEqual(expected)
  })

  it.each([
    ['zigbee/home', '5', 'last level'],
    ['zigbee/home/hall/state', 'ON', 'neither a number nor JSON'],
    ['zigbee/home/hall', '{"state":"online"}', 'no field'],
    ['zigbee/home/hall', '[1,2]', 'no number'],
    ['zigbee/home/hall', 'null', 'no number'],
    ['zigbee/home//co2', '5', 'empty'],
    ['zigbee/home/ /co2', '5', 'empty'],
    ['zigbee/home/hall/co2', '{"value":"high"}', '"value"'],
    ['zigbee/home/hall/co2', '{"value":5,"time":"yesterday"}', '"time"'],
    ['zigbee/home/hall/co2', '{"value":5,"unit":3}', '"unit"'],
    ['zigbee/homes/hall/co2', '5', 'not under'],
  ])('%s %s cannot be understood', (topic, payload, reason) => {
    expect(read(topic, payload)).toEqual({ reason: expect.stringContaining(reason) })
  })

  it.each(['..', '../museum', '../../museum', '#', '+', 'museum', 'Museum', './x', 'ümläut', '%2e%2e'])(
    'with %s in its topic stays in the building',
    (below) => {
      for (const { n } of records(`zigbee/home/${below}/co2`, '5'))
        expect(n).toMatch(/^library\/[a-z0-9/-]+\/co2$/)
    },
  )

  it('never throws, and never names another building, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.oneof(fc.json(), fc.string()), (below, payload) => {
        const adapted = read(`zigbee/home/${below}`, payload)
        if ('reason' in adapted) return
        const pack = decodePack(adapted.pack, ARRIVAL_MS)
        expect(pack.ok).toBe(true)
        if (!pack.ok) return
        for (const record of pack.records) {
          const { foreign } = acceptReading(record, { arrivalMs: ARRIVAL_MS, building: 'library' })
          expect(foreign).not.toBe(true)
          expect(record.name.startsWith('library/')).toBe(true)
        }
      }),
    )
  })
})

describe('each adapter', () => {
  it.each([...ADAPTERS, tenths])(
    '$name leaves what is not its way to others, and never throws',
    (adapter) => {
      fc.assert(
        fc.property(fc.array(fc.stringMatching(/^[a-z0-9-]{1,9}$/)), fc.jsonValue(), (segments, json) => {
          const values = adapter.read({ segments, json })
          if (values === undefined || 'reason' in values) return
          for (const value of values) expect(typeof value.value).toBe('number')
        }),
      )
      expect(adapter.read({ segments: [], json: null })).toBeUndefined()
    },
  )
})

describe('the root of a gateway', () => {
  it.each(['zigbee2mqtt', 'tele/library', 'a/b/c/d', 'Haus 1/Keller'])('may be %s', (root) => {
    expect(isGatewayRoot(root)).toBe(true)
  })

  it.each([
    '',
    '/',
    'a/',
    '/a',
    'a//b',
    'a/b/c/d/e',
    '#',
    'a/#',
    '+/b',
    '$SYS',
    '$share/a',
    'nadi',
    'nadi/v1/x',
    'NADI/v1',
    'v1.1',
    'v1.1/x',
    '..',
    'a/..',
    ' a',
    'a ',
    'a\u0000b',
    'x'.repeat(101),
  ])('may not be %j', (root) => {
    expect(isGatewayRoot(root)).toBe(false)
  })

  it('ends at a level', () => {
    expect(isUnderRoot('a/b', 'a/b/c')).toBe(true)
    expect(isUnderRoot('a/b', 'a/bc')).toBe(false)
    expect(isUnderRoot('a/b', 'a')).toBe(false)
    expect(rootsOverlap('a', 'a/b')).toBe(true)
    expect(rootsOverlap('a/b', 'a')).toBe(true)
    expect(rootsOverlap('a/b', 'a/bc')).toBe(false)
  })
})
