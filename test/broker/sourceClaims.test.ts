import { expect, it } from 'vitest'
import { createSourceClaims } from '../../broker/sourceClaims.ts'

const CO2 = 'library/room-a/co2'

/** A table in memory. */
const table = () => {
  const kept = new Map<string, string>()
  return {
    of: (datastream: string) => kept.get(datastream),
    claim: (datastream: string, source: string) => void kept.set(datastream, source),
  }
}

const from = (source: string) => [{ source, field: undefined }]

it('holds a Datastream against another source from the first reading on, written or not', () => {
  const claims = createSourceClaims(table())
  const first = claims.ofPack(from('zigbee/Room A/co2'))
  const second = claims.ofPack(from('zigbee/room_a/co2'))
  first.taken(CO2, 0)
  expect(second.refusal(CO2, 0)).toContain('another source of the same name')
  for (const claim of first.claims) claim()
  expect(second.refusal(CO2, 0)).toContain('another source of the same name')
  expect(claims.ofPack(from('zigbee/Room A/co2')).refusal(CO2, 0)).toBeUndefined()
})

it('gives a Datastream to whoever comes next when the first could not be written', () => {
  const claims = createSourceClaims(table())
  const first = claims.ofPack(from('zigbee/Room A/co2'))
  first.taken(CO2, 0)
  first.abandoned()
  const second = claims.ofPack(from('zigbee/room_a/co2'))
  expect(second.refusal(CO2, 0)).toBeUndefined()
  second.taken(CO2, 0)
  expect(claims.ofPack(from('zigbee/Room A/co2')).refusal(CO2, 0)).toContain('another source')
})
