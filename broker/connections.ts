import type { Client } from 'aedes'
import type { Logger } from 'pino'
import { createTokenBucket, type TokenBucket } from '../city/tokenBucket.ts'
import type { Catalogue } from '../store/catalogue/catalogue.ts'
import { deviceIdentity, identify, isOwnClientId, isStillValid, type Identity } from './identity.ts'
import type { BrokerLimits } from './limits.ts'
import type { Peer, PresentedCertificate } from './peer.ts'
import { createRefusals } from './refusals.ts'

/** Who is behind each connection, at what rate they are read, and which sessions they may keep. */
export interface Connections {
  /** Where a connection comes from, and with what certificate. */
  arrived(client: Client, peer: Peer): void
  /** The user name that a connection has without stating one: its certificate's common name. */
  userNameOf(client: Client): string | undefined
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
export type Refusal = Error & {
  returnCode: 2 | 3 | 4 | 5
  /** False when its address was refused so often that it gets no answer and no line in the log. */
  answered: boolean
}

/** A packet costs a device's rate at least this much, however short it is. */
export const PACKET_COST_BYTES = 400

/** Sessions that outlive their connection are kept in memory: so many for each identity. */
const MAX_KEPT_SESSIONS = 16

const MAX_PASSWORD_BYTES = 1_000

export interface ConnectionsParts {
  catalogue: Catalogue
  limits: Pick<BrokerLimits, 'bytesPerSecond' | 'maxConnectionsPerIdentity'>
  now: () => number
  /** Whether a session is still kept for this client id: those away longest make room for others. */
  keepsSession: (clientId: string) => boolean
}

export const createConnections = ({
  catalogue,
  limits,
  now,
  keepsSession,
}: ConnectionsParts): Connections => {
  const { bytesPerSecond, maxConnectionsPerIdentity } = limits
  const peers = new WeakMap<Client, Peer>()
  const refusals = createRefusals(now)
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
    if (kept.size >= MAX_KEPT_SESSIONS && !kept.has(client.id)) {
      // A session of a client that is connected may be in the making.
      const here = new Set(open.keys().map(({ id }) => id))
      for (const id of kept) if (!keepsSession(id) && !here.has(id)) kept.delete(id)
      if (kept.size >= MAX_KEPT_SESSIONS) return false
    }
    keptSessions.set(key, kept.add(client.id))
    return true
  }

  const proven = (
    client: Client,
    userName: string | undefined,
    password: Buffer | undefined,
  ): Identity | Refusal => {
    const certificate = peers.get(client)?.certificate
    if (certificate) return byCertificate(catalogue, certificate, userName, now())
    if (userName === undefined || password === undefined) {
      return refusal(5, 'connect with a user name and a password')
    }
    // No secret of ours is as long; a hash of 64 KB costs a hundred times as much.
    if (password.length > MAX_PASSWORD_BYTES) return refusal(4, 'bad user name or password')
    return identify(catalogue, userName, password.toString()) ?? refusal(4, 'bad user name or password')
  }

  const judge = (client: Client, identity: Identity): Refusal | undefined => {
    if (!isOwnClientId(identity.id, client.id)) {
      return refusal(2, 'the client id is neither the user name nor begins with it and a colon')
    }
    if (isTakenByAnother(client.id, identity)) return refusal(2, 'the client id is another one’s')
    if (!hasRoom(client, identity)) return refusal(3, 'too many connections of one identity')
    if (!mayKeepSession(client, identity)) return refusal(2, 'too many sessions are kept already')
    open.set(client, { identity, bucket: bucketOf(identity) })
    if (identity.kind === 'device') catalogue.devices.notes.connected(identity.id, now())
    return undefined
  }

  const forget = (client: Client): void => {
    const identity = open.get(client)?.identity
    open.delete(client)
    if (identity?.kind === 'device') catalogue.devices.notes.disconnected(identity.id, now())
  }

  return {
    arrived: (client, peer) => void peers.set(client, peer),
    userNameOf: (client) => peers.get(client)?.certificate?.commonName,
    authenticate(client, userName, password) {
      const identity = proven(client, userName, password)
      const refused = identity instanceof Error ? identity : judge(client, identity)
      if (!refused) return undefined
      const name = userName ?? peers.get(client)?.certificate?.commonName ?? client.id.split(':')[0] ?? ''
      catalogue.devices.notes.refused(name, refused.message, now())
      const answered = refusals.isAnswered(peers.get(client)?.address ?? '')
      return Object.assign(refused, { answered })
    },
    identityOf: (client) => open.get(client)?.identity,
    pauseMs: (client, bytes, packets) =>
      open.get(client)?.bucket.take(Math.max(bytes, packets * PACKET_COST_BYTES)) ?? 0,
    gone(client) {
      forget(client)
    },
    endRevoked(log) {
      for (const [client, { identity }] of open) {
        // Aedes tells nothing of a connection that ended while it was being made.
        if (client.closed) forget(client)
        if (client.closed || isStillValid(catalogue, identity, now())) continue
        log.info(
          { client: client.id },
          'MQTT connection ended: its password, key or certificate is valid no longer',
        )
        client.close()
      }
    },
  }
}

const refusal = (returnCode: Refusal['returnCode'], message: string): Refusal =>
  Object.assign(new Error(message), { returnCode, answered: true })

/** Whose certificate it is, or why it is nobody's: judged by the city's own record, and not by the certificate alone. */
const byCertificate = (
  { certificates, devices }: Catalogue,
  { serial, commonName, problem }: PresentedCertificate,
  userName: string | undefined,
  nowMs: number,
): Identity | Refusal => {
  const refused = (why: string): Refusal =>
    refusal(5, `the certificate ${serial} of "${commonName}" is refused: ${why}`)
  if (problem !== undefined) return refused(problem)
  const certificate = certificates.find(serial)
  const device = certificate && devices.find(certificate.device)
  if (!certificate || !device) return refused('the city has no record of it')
  if (device.revokedMs !== null) return refused('its device is revoked')
  if (certificate.revokedMs !== null) return refused('it is revoked')
  // A resumed TLS session is not checked anew by OpenSSL.
  if (nowMs >= certificate.validUntilMs) return refused('it has expired or was replaced')
  if (userName !== device.id) return refused(`the user name is another one’s, "${userName}"`)
  return deviceIdentity(device, certificate)
}
