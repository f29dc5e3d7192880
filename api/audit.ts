import { leavesExactly, type Observed } from '../city/disclosure.ts'
import type { AuditActor, NewAuditEntry } from '../store/catalogue/catalogue.ts'
import type { ApiContext } from './context.ts'
import type { Principal } from './env.ts'

/**
 * How routes write the audit log. A route that changes something does it inside `audited`; one that hands out what
 * not everybody gets exactly calls `recordAccess` before it answers.
 */
type Audited = Pick<ApiContext, 'catalogue'>

/** Who asks, as the audit log names it. */
export const actorOf = ({ id }: Principal): AuditActor => {
  if (id.startsWith('key:')) return { kind: 'key', id: id.slice('key:'.length) }
  return { kind: id === 'anonymous' ? 'anonymous' : 'person', id }
}

/** What the log says of an act, beside who did it. */
export type Act = Omit<NewAuditEntry, 'actor'>

/** Runs a synchronous act of the catalogue and writes its entry in one commit: both are there, or neither. */
export const audited = <T>(
  { catalogue }: Audited,
  principal: Principal,
  run: () => T,
  tell: (result: T) => Act,
): T =>
  catalogue.transaction(() => {
    const result = run()
    catalogue.audit.record({ actor: actorOf(principal), ...tell(result) })
    return result
  })

/**
 * Records that values leave exactly which everybody else gets rounded or not at all; nothing when none of `datastreams`
 * is such a one for this reader. Resolves when the entry is durable: await it before the answer leaves.
 */
export const recordAccess = async (
  { catalogue }: Audited,
  principal: Principal,
  access: Act,
  datastreams: readonly Observed[],
): Promise<void> => {
  if (!datastreams.some((datastream) => leavesExactly(principal.role, datastream))) return
  await catalogue.audit.access({ actor: actorOf(principal), ...access })
}
