import { isUnderRoot } from '../city/gatewayRoot.ts'
import type { Role } from '../city/roles.ts'
import { commandFilter, matchTopic } from '../city/topics.ts'
import { mayRead, type Observed } from '../city/disclosure.ts'

/**
 * Who may publish what and subscribe to what, by the contract's topic templates. Pure: the same rules hold for
 * publishes, wills, retained messages and what is forwarded. What a device may say of whom is judged in `ingest.ts`.
 */
export type Principal =
  | { kind: 'device'; id: string; building: string; gateway?: string | null }
  /** A key, which only reads. */
  | { kind: 'reader'; id: string; role: Role }

/** Finds a Datastream by its number; undefined when there is none. */
export type DatastreamOf = (datastreamId: number) => Observed | undefined

/** A device publishes on its own topics only, a gateway also under its root; whoever reads publishes nothing. */
export const mayPublish = (principal: Principal, topic: string): boolean => {
  if (principal.kind !== 'device') return false
  const match = matchTopic(topic)
  if (match === undefined) return principal.gateway != null && isUnderRoot(principal.gateway, topic)
  if (!('device' in match)) return false
  return match.device === principal.id && match.kind !== 'command'
}

/**
 * Which filters are granted. A device: its own commands. A reader: the Datastreams that it may read exactly, by number
 * or all at once by a wildcard (each message is then judged by `mayReceive`), and, for those who run the city, what
 * devices and alarms tell. Nobody: `$SYS` (the broker's own), `$share` (Aedes grants it and delivers nothing).
 */
export const maySubscribe = (principal: Principal, filter: string, datastreamOf: DatastreamOf): boolean => {
  if (filter.startsWith('$')) return false
  if (principal.kind === 'device') return isOwnCommands(principal.id, filter)
  if (!hasWildcard(filter)) return mayReceive(principal, filter, datastreamOf)
  if (runsTheCity(principal.role)) return true
  return filter.startsWith('v1.1/') || (principal.role === 'scientist' && filter === 'nadi/v1/alarms/+')
}

/** Which messages are forwarded to whoever subscribed, asked again for each: rights may have changed since. */
export const mayReceive = (principal: Principal, topic: string, datastreamOf: DatastreamOf): boolean => {
  const match = matchTopic(topic)
  if (match === undefined) return false
  if (principal.kind === 'device') {
    return (match.kind === 'command' || match.kind === 'commandResult') && match.device === principal.id
  }
  const { role } = principal
  switch (match.kind) {
    case 'datastream': {
      const datastream = datastreamOf(match.datastreamId)
      return datastream !== undefined && mayRead(role, datastream)
    }
    case 'alarms':
      return runsTheCity(role) || role === 'scientist'
    default:
      return runsTheCity(role)
  }
}

const runsTheCity = (role: Role): boolean => role === 'operator' || role === 'administrator'

const hasWildcard = (filter: string): boolean => filter.includes('+') || filter.includes('#')

/** Its commands and what it answered: one by its id, or all. */
const isOwnCommands = (device: string, filter: string): boolean => {
  const all = commandFilter(device)
  if (filter === all || filter === `${all}/result` || filter === `${all.slice(0, -1)}#`) return true
  const match = hasWildcard(filter) ? undefined : matchTopic(filter)
  return (match?.kind === 'command' || match?.kind === 'commandResult') && match.device === device
}
