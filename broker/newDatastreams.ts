import { buildingOf, depthOf, MAX_SEGMENTS } from '../city/names.ts'
import type { DatastreamTable } from '../store/catalogue/catalogue.ts'
import type { BrokerLimits } from './limits.ts'
import { NO_UNIT, unitConflict } from './unitConflict.ts'

/**
 * Bounds how many Datastreams the devices of one building bring into being, declared by a birth or merely sent: one
 * that makes up names must not fill catalogue and memory. A device speaks for its building alone, so this bounds each.
 */
export interface NewDatastreams {
  /**
   * Why a Datastream that is not there and that nobody declared is not made, or not for this unit: the first one that
   * was sent holds, also while it is being made. Nothing when it is, and then it counts.
   */
  sent(path: string, unit: string | undefined): string | undefined
  /** The same for one that a birth names, known or not. */
  declared(path: string): string | undefined
}

export interface NewDatastreamsParts {
  datastreams: Pick<DatastreamTable, 'list'>
  limits: Pick<BrokerLimits, 'maxUndeclared' | 'maxDatastreams'>
}

interface Known {
  all: Set<string>
  /** With the unit of each. */
  undeclared: Map<string, string>
}

export const createNewDatastreams = ({ datastreams, limits }: NewDatastreamsParts): NewDatastreams => {
  const buildings = new Map<string, Known>()

  const knownOf = (path: string): Known => {
    const building = buildingOf(path)
    let known = buildings.get(building)
    if (known === undefined) {
      const listed = datastreams.list(building)
      known = {
        all: new Set(listed.map((it) => it.path)),
        undeclared: new Map(listed.filter((it) => it.undeclared).map((it) => [it.path, it.unit])),
      }
      buildings.set(building, known)
    }
    return known
  }

  /** Why one that is not there is not made. */
  const refusal = (path: string, { all }: Known): string | undefined => {
    const depth = depthOf(path)
    if (depth > MAX_SEGMENTS) return `its name has ${depth} segments, at most ${MAX_SEGMENTS} are taken`
    return all.size < limits.maxDatastreams
      ? undefined
      : `the building has ${limits.maxDatastreams} Datastreams already`
  }

  return {
    sent(path, unit) {
      const known = knownOf(path)
      const kept = known.undeclared.get(path)
      if (kept !== undefined) return unitConflict(path, unit, kept)
      if (known.undeclared.size >= limits.maxUndeclared) {
        return `the building has ${limits.maxUndeclared} Datastreams that no birth declared already: declare this one`
      }
      const reason = refusal(path, known)
      if (reason !== undefined) return reason
      known.all.add(path)
      known.undeclared.set(path, unit ?? NO_UNIT)
      return undefined
    },
    declared(path) {
      const known = knownOf(path)
      const reason = known.all.has(path) ? undefined : refusal(path, known)
      if (reason !== undefined) return reason
      known.all.add(path)
      known.undeclared.delete(path)
      return undefined
    },
  }
}
