import { randomUUID } from 'node:crypto'
import type { Role } from '../city/roles.ts'
import type { Catalogue, Credential, Device } from '../store/catalogue/catalogue.ts'

/** Who is connected: a device, by password or certificate, or the holder of a key. */
export type Identity =
  | {
      kind: 'device'
      id: string
      building: string
      gateway: string | null
      device: Device
      credential: Credential
    }
  | { kind: 'reader'; id: string; role: Role }

export const deviceIdentity = (device: Device, credential: Credential): Identity => ({
  kind: 'device',
  id: device.id,
  building: device.building,
  gateway: device.gateway,
  device,
  credential,
})

type Known = Pick<Catalogue, 'devices' | 'keys'>

/** The identity that these credentials prove, or undefined. A key's user name is its id. */
export const identify = (
  { devices, keys }: Known,
  userName: string,
  password: string,
): Identity | undefined => {
  const login = devices.authenticate(userName, password)
  if (login) return deviceIdentity(login.device, login.credential)
  const key = keys.authenticate(password)
  return key?.id === userName ? { kind: 'reader', id: key.id, role: key.role } : undefined
}

/** False once the key was revoked, or the password or certificate was, or has run out. */
export const isStillValid = ({ keys }: Known, identity: Identity, nowMs: number): boolean =>
  identity.kind === 'device'
    ? isCurrent(identity, nowMs)
    : keys.list().some(({ id, revokedMs }) => id === identity.id && revokedMs === null)

/** Cheap enough to be asked for every publish. */
export const isCurrent = ({ credential }: Identity & { kind: 'device' }, nowMs: number): boolean =>
  nowMs < credential.validUntilMs

/** A client id is its identity's own when it is the user name, or begins with it and a colon. */
export const isOwnClientId = (userName: string, clientId: string): boolean =>
  clientId === userName || clientId.startsWith(`${userName}:`)

/**
 * The client id under which a session is kept: the given one when it is the identity's own, else one of its own made of
 * it, so that tools that make up an id (Node-RED, mqtt.js) can read without meeting another's session.
 */
export const ownClientId = (userName: string, clientId: string): string => {
  if (clientId === '') return `${userName}:${randomUUID()}`
  return isOwnClientId(userName, clientId) ? clientId : `${userName}:${clientId}`
}
