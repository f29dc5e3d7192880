import type { Logger } from 'pino'
import { leavesExactly, seesProtected } from '../city/disclosure.ts'
import { matchTopic } from '../city/topics.ts'
import type { AuditActor, AuditLog } from '../store/catalogue/catalogue.ts'
import type { DatastreamOf } from './accessRules.ts'
import type { Identity } from './identity.ts'
import { mayMatchDatastreams } from './liveTopics.ts'

/** What the broker writes into the audit log. */
export interface BrokerAudit {
  /** Of a publish that was absorbed: at its 1st, 2nd, 4th ... time in an hour. Never throws: nothing of it was done. */
  forbidden(identity: Pick<Identity, 'kind' | 'id'>, what: string): void
  /**
   * Of a subscription by which values leave exactly that not everybody gets. False when it could not be recorded: then
   * it must not be granted.
   */
  subscription(identity: Identity, filter: string): boolean
}

export const createBrokerAudit = (
  audit: Pick<AuditLog, 'repeat'>,
  { datastreamOf, log }: { datastreamOf: DatastreamOf; log: Logger },
): BrokerAudit => ({
  forbidden(identity, what) {
    const actor = actorOf(identity)
    try {
      // One subject a sender: a topic is the sender's to choose, and would make entries without end.
      audit.repeat({
        actor,
        action: 'publish.forbidden',
        subject: actor.id,
        detail: { what: what.slice(0, 200) },
      })
    } catch (error) {
      log.error({ err: error, [actor.kind]: actor.id }, 'a forbidden publish could not be audited')
    }
  },
  subscription(identity, filter) {
    if (identity.kind !== 'reader' || !seesProtected(identity.role)) return true
    const match = matchTopic(filter)
    const one = match?.kind === 'datastream' ? datastreamOf(match.datastreamId) : undefined
    const exact = one === undefined ? mayMatchDatastreams(filter) : leavesExactly(identity.role, one)
    if (!exact) return true
    try {
      audit.repeat({ actor: actorOf(identity), action: 'access.mqtt', subject: one?.path ?? filter })
      return true
    } catch (error) {
      log.error({ err: error, key: identity.id }, 'a subscription could not be audited: refused')
      return false
    }
  },
})

const actorOf = ({ kind, id }: Pick<Identity, 'kind' | 'id'>): AuditActor => ({
  kind: kind === 'device' ? 'device' : 'key',
  id,
})
