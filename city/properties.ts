import type { Kind } from './observation.ts'

/** A property of the contract: its one unit inside (SenML / UCUM code), its default kind, and what it may hold. */
export interface Property {
  unit: string
  kind: Kind
  /** Values outside are impossible for a working sensor and are quarantined with this as the reason. */
  min: number
  max: number
}

/** The known properties. Others are allowed and are kept with the unit they came with. */
export const PROPERTIES: Readonly<Record<string, Property>> = {
  energy: { unit: 'kWh', kind: 'counter', min: -1e9, max: 1e12 },
  power: { unit: 'W', kind: 'instant', min: -1e9, max: 1e9 },
  temperature: { unit: 'Cel', kind: 'instant', min: -90, max: 200 },
  humidity: { unit: '%RH', kind: 'instant', min: 0, max: 100 },
  co2: { unit: 'ppm', kind: 'instant', min: 0, max: 100_000 },
  illuminance: { unit: 'lx', kind: 'instant', min: 0, max: 200_000 },
  occupancy: { unit: '1', kind: 'instant', min: 0, max: 1e6 },
  presence: { unit: '1', kind: 'instant', min: 0, max: 1 },
  ventilation: { unit: '%', kind: 'instant', min: 0, max: 100 },
  setpoint: { unit: 'Cel', kind: 'instant', min: -50, max: 100 },
  water: { unit: 'm3', kind: 'counter', min: -1e6, max: 1e9 },
}

/** The kind that a Datastream of this property has when nothing says otherwise. */
export const defaultKind = (property: string): Kind => PROPERTIES[property]?.kind ?? 'instant'
