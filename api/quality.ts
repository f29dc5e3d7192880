import { accessOf } from '../city/disclosure.ts'
import type { QualityKind } from '../city/quality/finding.ts'
import type { Role } from '../city/roles.ts'
import type { Datastream } from '../store/catalogue/catalogue.ts'
import type { StoredFinding } from '../store/quality.ts'
import { zoneOf } from './buildings.ts'
import type { ApiContext } from './context.ts'
import { localTimeWriter } from './localTime.ts'

/** A finding of quality as it leaves. */
export interface DisclosedFinding {
  datastream: string
  kind: QualityKind
  from: string
  /** Null while it lasts. */
  to: string | null
  count: number
  detail: string | null
}

/**
 * A finding as the role may have it: its sentence holds values as they were measured, so it goes along only where
 * those may leave exactly. Findings of a Datastream that the role may not see are never asked for.
 */
export const discloseFinding = (
  context: Pick<ApiContext, 'city'>,
  role: Role,
  datastream: Datastream,
  { kind, fromMs, toMs, count, detail }: StoredFinding,
): DisclosedFinding => {
  const write = localTimeWriter(zoneOf(context, datastream))
  return {
    datastream: datastream.path,
    kind,
    from: write(fromMs),
    to: toMs === null ? null : write(toMs),
    count,
    detail: accessOf(role, datastream) === 'exact' ? detail : null,
  }
}
