import type { SourceTable } from '../store/catalogue/sources.ts'
import type { Origin } from './adapters/index.ts'

/**
 * Keeps each Datastream of a gateway to the foreign topic of its first reading: "Room A/co2" and "room_a/co2" are one
 * name of ours and two sensors, and must not become one series.
 */
export interface SourceClaims {
  /** For one message, whose records stood at `origins`. */
  ofPack(origins: readonly Origin[]): PackSources
}

export interface PackSources {
  /** Why the record at this position is not taken; undefined when the Datastream is its topic's, or nobody's yet. */
  refusal(datastream: string, position: number): string | undefined
  /** The record is taken: the Datastream is its topic's from now on. */
  taken(datastream: string, position: number): void
  /** The transaction of the claims failed: what they were for is nobody's again. */
  abandoned(): void
  /** To be run in a transaction before the readings are stored. */
  claims: readonly (() => void)[]
}

export const createSourceClaims = (sources: Pick<SourceTable, 'of' | 'claim'>): SourceClaims => {
  /** Not yet written: what else comes in the same turn is held against them. */
  const pending = new Map<string, string>()
  return {
    ofPack(origins) {
      const claims: (() => void)[] = []
      const claimed: string[] = []
      return {
        claims,
        abandoned: () => claimed.forEach((datastream) => pending.delete(datastream)),
        refusal(datastream, position) {
          const source = origins[position]?.source
          const kept = sources.of(datastream) ?? pending.get(datastream)
          if (kept === undefined || kept === source) return undefined
          return `"${datastream}" comes on "${kept}": "${source}" is another source of the same name, and two are not mixed`
        },
        taken(datastream, position) {
          const source = origins[position]?.source
          if (source === undefined || sources.of(datastream) !== undefined) return
          pending.set(datastream, source)
          claimed.push(datastream)
          claims.push(() => {
            pending.delete(datastream)
            sources.claim(datastream, source)
          })
        },
      }
    },
  }
}
