import type { Client } from 'aedes'
import type { Logger } from 'pino'
import { createTokenBucket, type TokenBucket } from '../city/tokenBucket.ts'
import type { Catalogue } from '../store/catalogue/catalogue.ts'
import { identify, isOwnClientId, isStillValid, type Identity } from './identity.ts'
import type { BrokerLimits } from './limits.ts'

/** Who is behind each connection, at what rate they are read, and which sessions they may keep. */
export interface Connections {
  /** Why the connection is refused, or nothing when it is known from now on who it is. */
  authenticate(
    client: Client,
    userName: string | undefined,
    password: Buffer | undefined,
  ): Refusal | undefined
  identityOf(client: Client): Identity | undefined
  /** How long to read nothing more from this connection. */
  pauseMs(client: Client, bytes: number, packets: number): number
  gone(client: Client): void
  /** Ends the connections of those who were revoked. */
  endRevoked(log: Logger): void
}

/** `returnCode` of CONNACK (MQTT 3.1.1, table 3.1). */
export type Refusal = Error & { returnCode: 2 | 3 | 4 | 5 }

/** A packet costs a device's rate at least this much, however short it is. */
export const PACKET_COST_BYTES = 400

/** Sessions that outlive their connection are kept in memory: so many for each identity. */
const MAX_KEPT_SESSIONS = 16

export interface ConnectionsParts {
  catalogue: Catalogue
  limits: Pick<BrokerLimits, 'bytesPerSecond' | 'maxConnectionsPerIdentity'>
  now: () => number
}

export const createConnections = ({ catalogue, limits, now }: ConnectionsParts): Connections => {
  const { bytesPerSecond, maxConnectionsPerIdentity } = limits
  const open = new Map<Client, { identity: Identity; bucket: TokenBucket }>()
  const buckets = new Map<string, TokenBucket>()
  const keptSessions = new Map<string, Set<string>>()

  /** All connections of one identity share one rate. */
  const bucketOf = (identity: Identity): TokenBucket => {
    const key = `${identity.kind}:${identity.id}`
    const bucket =
      buckets.get(key) ?? createTokenBucket({ perSecond: bytesPerSecond, burst: bytesPerSecond }, now)
    buckets.set(key, bucket)
    return bucket
  }

  /** The id may be in use by a device whose name happens to be a key's, or the other way round. */
  const isTakenByAnother = (clientId: string, identity: Identity): boolean =>
    open
      .values()
      .some(
        (other) =>
          other.identity.id === identity.id &&
          other.identity.kind !== identity.kind &&
          isOwnClientId(other.identity.id, clientId),
      )

  /** One that is about to be replaced, because it has the same client id, does not count. */
  const hasRoom = (client: Client, identity: Identity): boolean =>
    open
      .entries()
      .filter(
        ([other, it]) =>
          it.identity.id === identity.id && it.identity.kind === identity.kind && other.id !== client.id,
      )
      .take(maxConnectionsPerIdentity)
      .toArray().length < maxConnectionsPerIdentity

  const mayKeepSession = (client: Client, identity: Identity): boolean => {
    const key = `${identity.kind}:${identity.id}`
    const kept = keptSessions.get(key) ?? new Set()
    if (client.clean) {
      kept.delete(client.id)
      return true
    }
    if (kept.size >= MAX_KEPT_SESSIONS && !kept.has(client.id)) return false
    keptSessions.set(key, kept.add(client.id))
    return true
  }

  return {
    authenticate(client, userName, password) {
      if (userName === undefined || password === undefined) {
        return refusal(5, 'connect with a user name and a password')
      }
      const identity = identify(catalogue, userName, password.toString())
      if (identity === undefined) return refusal(4, 'bad user name or password')
      if (!isOwnClientId(userName, client.id)) {
        return refusal(2, 'the client id is neither the user name nor begins with it and a colon')
      }
      if (isTakenByAnother(client.id, identity)) return refusal(2, 'the client id is another one’s')
      if (!hasRoom(client, identity)) return refusal(3, 'too many connections of one identity')
      if (!mayKeepSession(client, identity)) return refusal(2, 'too many sessions are kept already')
      open.set(client, { identity, bucket: bucketOf(identity) })
      return undefined
    },
    identityOf: (client) => open.get(client)?.identity,
    pauseMs: (client, bytes, packets) =>
      open.get(client)?.bucket.take(Math.max(bytes, packets * PACKET_COST_BYTES)) ?? 0,
    gone(client) {
      open.delete(client)
    },
    endRevoked(log) {
      for (const [client, { identity }] of open) {
        // Aedes tells nothing of a connection that ended while it was being made.
        if (client.closed) open.delete(client)
        if (client.closed || isStillValid(catalogue, identity, now())) continue
        log.info({ client: client.id }, 'MQTT connection ended: revoked')
        client.close()
      }
    },
  }
}

const refusal = (returnCode: Refusal['returnCode'], message: string): Refusal =>
  Object.assign(new Error(message), { returnCode })
