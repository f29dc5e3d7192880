import type { Building } from './cityFile.ts'

/** What is wrong with a field, `path` leading to it from where the check began. */
export interface Finding {
  path: (string | number)[]
  /** What it should be. */
  expected: string
}

/** The checks of one building that concern more than one field. */
export const checkBuilding = (building: Building): Finding[] => [
  ...building.geometry.coordinates.flatMap((ring, index) =>
    checkRing(ring, index === 0).map((expected) => ({ path: ['geometry', 'coordinates', index], expected })),
  ),
  ...checkHours(building),
  ...checkZones(building),
]

/** RFC 7946, section 3.1.6: closed, the outer ring counter-clockwise, holes clockwise. */
const checkRing = (ring: readonly (readonly [number, number])[], outer: boolean): string[] => {
  const [first, last] = [ring[0], ring.at(-1)]
  if (first?.[0] !== last?.[0] || first?.[1] !== last?.[1]) {
    return ['a closed ring: its last position must repeat its first']
  }
  const area = signedArea(ring)
  if (area === 0) return ['a ring that encloses an area']
  if (area > 0 !== outer) {
    return [
      outer
        ? 'an outer ring that runs counter-clockwise: turn the order of its positions round'
        : 'a hole that runs clockwise: turn the order of its positions round',
    ]
  }
  return []
}

/** Twice the ring's area by the shoelace formula, positive when counter-clockwise, in square degrees. */
const signedArea = (ring: readonly (readonly [number, number])[]): number => {
  // Relative to the first position: products of whole coordinates would lose a small building's digits.
  const [originX, originY] = ring[0] ?? [0, 0]
  let sum = 0
  for (let i = 0; i + 1 < ring.length; i++) {
    const [x1, y1] = ring[i] ?? [0, 0]
    const [x2, y2] = ring[i + 1] ?? [0, 0]
    sum += (x1 - originX) * (y2 - originY) - (x2 - originX) * (y1 - originY)
  }
  return sum
}

const checkHours = ({ openingHours }: Building): Finding[] => {
  const findings: Finding[] = []
  openingHours.forEach(({ days, opens, closes }, index) => {
    if (opens >= closes) {
      findings.push({
        path: ['openingHours', index, 'closes'],
        expected: `a time later than opens (${opens}); what is open past midnight has a second entry from "00:00"`,
      })
    }
    openingHours.slice(0, index).forEach((earlier) => {
      const shared = days.find((day) => earlier.days.includes(day))
      if (shared && opens < earlier.closes && earlier.opens < closes) {
        findings.push({
          path: ['openingHours', index],
          expected: `hours that do not overlap other hours of the same day (${shared})`,
        })
      }
    })
    const twice = days.find((day, position) => days.indexOf(day) !== position)
    if (twice) {
      findings.push({
        path: ['openingHours', index, 'days'],
        expected: `each day once (${twice} is repeated)`,
      })
    }
  })
  return findings
}

const checkZones = ({ zones, areaSquareMetres, capacityPeople, sensors }: Building): Finding[] => {
  const findings: Finding[] = []
  const seen = new Set<string>()
  let sum = 0
  zones.forEach((zone, index) => {
    if (seen.has(zone.id)) {
      findings.push({ path: ['zones', index, 'id'], expected: `an id of its own ("${zone.id}" is repeated)` })
    }
    seen.add(zone.id)
    const before = sum
    sum += zone.areaSquareMetres
    if (before <= areaSquareMetres && sum > areaSquareMetres) {
      findings.push({
        path: ['zones', index, 'areaSquareMetres'],
        expected: `zones that together are no larger than the building's ${areaSquareMetres} m2`,
      })
    }
    if (zone.capacityPeople > capacityPeople) {
      findings.push({
        path: ['zones', index, 'capacityPeople'],
        expected: `at most the building's ${capacityPeople} people`,
      })
    }
    findings.push(...checkSensors(zone.sensors, ['zones', index, 'sensors']))
  })
  return [...findings, ...checkSensors(sensors, ['sensors'])]
}

const checkSensors = (sensors: readonly string[] | undefined, path: Finding['path']): Finding[] => {
  const repeated = sensors?.find((sensor, position) => sensors.indexOf(sensor) !== position)
  return repeated === undefined ? [] : [{ path, expected: `each property once ("${repeated}" is repeated)` }]
}
