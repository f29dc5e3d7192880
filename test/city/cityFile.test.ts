import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NadiError, type FieldProblem } from '../../city/errors.ts'
import { parseCityFile } from '../../city/readCityFile.ts'
import { spoiledText } from '../support/spoiledText.ts'

const example = readFileSync(path.resolve(import.meta.dirname, '../../examples/city.yaml'), 'utf8')

const SMALL = `name: { id: Kota, en: City }
timeZone: Asia/Makassar
tariffRupiahPerKwh: 1699.53
buildings:
  - id: hall
    name: { id: Balai, en: Hall }
    use: library
    areaSquareMetres: 1000
    capacityPeople: 100
    geometry:
      type: Polygon
      coordinates: [[[116.7, -0.97], [116.701, -0.97], [116.701, -0.969], [116.7, -0.97]]]
    openingHours:
      - { days: [mon, tue], opens: '08:00', closes: '16:00' }
    zones:
      - { id: floor-1, areaSquareMetres: 400, capacityPeople: 40, sensors: [co2] }
`

const problemsOf = (yaml: string): readonly FieldProblem[] => {
  try {
    parseCityFile(yaml, 'city.yaml')
  } catch (error) {
    if (error instanceof NadiError && error.code === 'invalid-input') return error.problems
    throw error
  }
  return []
}

describe('the demonstration city', () => {
  const city = parseCityFile(example, 'city.yaml')

  it('has eight buildings of eight uses, each marked as a demonstration', () => {
    expect(new Set(city.buildings.map(({ use }) => use)).size).toBe(8)
    expect(city.buildings.every(({ demonstration }) => demonstration)).toBe(true)
    expect(city.buildings.map(({ id }) => id)).toContain('shared-office')
    expect(city.timeZone).toBe('Asia/Makassar')
  })

  it('has about 25 sensors a building', () => {
    for (const { sensors = [], zones } of city.buildings) {
      const count = sensors.length + zones.reduce((sum, zone) => sum + (zone.sensors?.length ?? 0), 0)
      expect(count).toBeGreaterThanOrEqual(22)
      expect(count).toBeLessThanOrEqual(28)
    }
  })

  it('stands within 800 metres, with no two footprints over each other', () => {
    const boxes = city.buildings.map(({ geometry }) => {
      const ring = geometry.coordinates[0] ?? []
      const [x, y] = [ring.map(([lon]) => lon), ring.map(([, lat]) => lat)]
      return { west: Math.min(...x), east: Math.max(...x), south: Math.min(...y), north: Math.max(...y) }
    })
    const metres = 111_320
    expect(
      (Math.max(...boxes.map((b) => b.east)) - Math.min(...boxes.map((b) => b.west))) * metres,
    ).toBeLessThan(800)
    expect(
      (Math.max(...boxes.map((b) => b.north)) - Math.min(...boxes.map((b) => b.south))) * metres,
    ).toBeLessThan(800)
    boxes.forEach((a, i) =>
      boxes.slice(i + 1).forEach((b) => {
        const apart = a.east < b.west || b.east < a.west || a.north < b.south || b.north < a.south
        expect(apart).toBe(true)
      }),
    )
  })
})

describe('a wrong city file', () => {
  it('is told with position, path and what the field should be', () => {
    expect(problemsOf(SMALL.replace('capacityPeople: 100', 'capacityPeople: -1'))).toEqual([
      {
        pointer: 'city.yaml:9:21 /buildings/0/capacityPeople',
        detail: 'expected a whole number of people ≥ 0',
      },
    ])
  })

  it('is told of all its faults at once', () => {
    const wrong = SMALL.replace('Asia/Makassar', 'Mars/Olympus')
      .replace('1699.53', 'free')
      .replace("closes: '16:00'", "closes: '07:00'")
    expect(problemsOf(wrong).map(({ pointer }) => pointer.split(' ')[1])).toEqual([
      '/timeZone',
      '/tariffRupiahPerKwh',
      '/buildings/0/openingHours/0/closes',
    ])
  })

  it('says what an unknown field or word was probably meant to be', () => {
    expect(problemsOf(SMALL.replace('areaSquareMetres: 1000', 'areaSquareMeters: 1000'))).toEqual(
      expect.arrayContaining([
        {
          pointer: 'city.yaml:8:5 /buildings/0/areaSquareMeters',
          detail: 'unknown field, did you mean "areaSquareMetres"?',
        },
      ]),
    )
    expect(problemsOf(SMALL.replace('use: library', 'use: libary'))[0]?.detail).toContain(
      'did you mean "library"?',
    )
  })

  it('points at what encloses a missing field', () => {
    expect(problemsOf(SMALL.replace('    use: library\n', ''))[0]).toMatchObject({
      pointer: 'city.yaml:5:5 /buildings/0/use',
      detail: expect.stringMatching(/^is missing, expected one of ministry-office/),
    })
  })

  it.each([
    ['an open ring', '[116.7, -0.97]]]', '[116.7, -0.971]]]', /closed ring/],
    [
      'a clockwise ring',
      '[116.701, -0.97], [116.701, -0.969]',
      '[116.701, -0.969], [116.701, -0.97]',
      /counter-clockwise/,
    ],
    ['a ring without area', '[116.701, -0.969], ', '[116.701, -0.97], ', /encloses an area/],
    ['a zone larger than its building', 'areaSquareMetres: 400', 'areaSquareMetres: 1400', /no larger than/],
    ['a zone fuller than its building', 'capacityPeople: 40', 'capacityPeople: 400', /at most/],
    ['a property that no sensor has', '[co2]', '[smell]', /one of energy/],
    ['a property measured twice', '[co2]', '[co2, co2]', /each property once/],
    ['a day twice', '[mon, tue]', '[mon, mon]', /each day once/],
    ['a time that no clock shows', "'08:00'", "'8 am'", /a time in quotes/],
  ])('refuses %s', (_, from, to, expected) => {
    expect(SMALL).toContain(from)
    expect(
      problemsOf(SMALL.replace(from, to))
        .map(({ detail }) => detail)
        .join(),
    ).toMatch(expected)
  })

  it('refuses buildings and zones with the same id, even beside other faults', () => {
    const second = SMALL.slice(SMALL.indexOf('  - id: hall')).replace(
      'capacityPeople: 100',
      'capacityPeople: many',
    )
    const zone = '      - { id: floor-1, areaSquareMetres: 10, capacityPeople: 1 }\n'
    const details = problemsOf(SMALL + zone + second).map(({ pointer, detail }) => `${pointer} ${detail}`)
    expect(details.join('\n')).toMatch(/\/buildings\/1\/id .*"hall" is repeated/)
    expect(details.join('\n')).toMatch(/\/buildings\/0\/zones\/1\/id .*"floor-1" is repeated/)
  })

  it('names line and column of broken YAML, of repeated keys and of alias bombs', () => {
    expect(problemsOf('name: [')[0]?.pointer).toMatch(/^city\.yaml:1:\d+/)
    expect(problemsOf(`${SMALL}timeZone: UTC\n`)[0]).toMatchObject({
      detail: expect.stringMatching(/unique/),
    })
    const bomb = `a: &a [1,1,1,1,1,1,1,1,1]\n${'bcdefghij'
      .split('')
      .map((key, i) => `${key}: &${key} [${Array(9).fill(`*${'abcdefghij'[i]}`).join()}]`)
      .join('\n')}`
    expect(() => parseCityFile(bomb, 'city.yaml')).toThrow(NadiError)
  })

  it('throws nothing but its own error, whatever the text', () => {
    fc.assert(
      fc.property(spoiledText(SMALL), (text) => {
        try {
          parseCityFile(text, 'city.yaml')
        } catch (error) {
          expect(error).toBeInstanceOf(NadiError)
        }
      }),
      { numRuns: 300 },
    )
  })
})
