import { expect, it } from 'vitest'
import { isSimulated, isSimulatedProperty } from '../../city/simulated.ts'
import { TEST_CITY } from '../api/testApi.ts'

const [office, library] = TEST_CITY.buildings

it('says that readings of sensors which the city file names for a demonstration building are simulated', () => {
  expect(isSimulated(office, 'shared-office/temperature')).toBe(true)
  expect(isSimulated(office, 'shared-office/floor-2/zone-a/co2')).toBe(true)
  expect(isSimulatedProperty(office, 'co2')).toBe(true)
})

it.each(['shared-office/roof/temperature', 'shared-office/noise', 'shared-office/floor-2/zone-a/humidity'])(
  'says that %s, which only a real sensor can send, is not',
  (path) => {
    expect(isSimulated(office, path)).toBe(false)
  },
)

it('says so of no reading of any other building', () => {
  expect(isSimulated(library, 'library/temperature')).toBe(false)
  expect(isSimulated(undefined, 'annex/temperature')).toBe(false)
  expect(isSimulatedProperty(library, 'temperature')).toBe(false)
  expect(isSimulatedProperty(office, 'noise')).toBe(false)
})
