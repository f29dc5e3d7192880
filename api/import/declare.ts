import { NadiError } from '../../city/errors.ts'
import type { Series } from '../../city/mapping/series.ts'
import { buildingOf } from '../../city/names.ts'
import type { Catalogue, Datastream } from '../../store/catalogue/catalogue.ts'
import type { Finding } from '../../store/table/findings.ts'

/** What declaring the series of a file did. */
export interface Declared {
  datastreams: Datastream[]
  /** Buildings that the city did not know before. */
  created: string[]
  findings: Finding[]
}

/**
 * Makes or updates the Datastreams of series that an import meets, in one commit. Throws `conflict` when values of a
 * property without one unit are kept in another unit: mixing them would falsify what is there.
 */
export const declareSeries = (
  catalogue: Catalogue,
  series: readonly Series[],
  cityTimeZone: string,
): Declared => {
  const findings: Finding[] = []
  const created = [...new Set(series.map(({ datastream }) => buildingOf(datastream)))].filter(
    (building) => !catalogue.things.find(building),
  )
  for (const { datastream, unit, kind } of series) {
    const known = catalogue.datastreams.find(datastream)
    if (!known || known.undeclared) continue
    if (known.unit !== unit) {
      throw new NadiError(
        'conflict',
        `${datastream} is kept in ${known.unit} and the file brings ${unit}. Name the file's unit rightly, or import it under another path.`,
      )
    }
    if (known.kind !== kind) {
      findings.push({
        code: 'kind-changed',
        series: datastream,
        message: `was kept as ${known.kind}, is ${kind} from now on, its earlier readings too`,
        count: 1,
      })
    }
  }
  const datastreams = catalogue.transaction(() =>
    series.map(({ datastream, unit, kind, timeZone }) =>
      catalogue.datastreams.declare({
        path: datastream,
        unit,
        kind,
        ...(timeZone !== cityTimeZone && { timeZone }),
      }),
    ),
  )
  return { datastreams, created, findings }
}
