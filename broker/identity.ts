import { randomUUID } from 'node:crypto'
import type { Role } from '../city/roles.ts'
import type { Catalogue, Device } from '../store/catalogue/catalogue.ts'

/** Who is connected, by user name and password: a device, or the holder of a key. */
export type Identity =
  | { kind: 'device'; id: string; building: string; device: Device; addedMs: number }
  | { kind: 'reader'; id: string; role: Role }

type Known = Pick<Catalogue, 'devices' | 'keys'>

/** The identity that these credentials prove, or undefined. A key's user name is its id. */
export const identify = (
  { devices, keys }: Known,
  userName: string,
  password: string,
): Identity | undefined => {
  const device = devices.authenticate(userName, password)
  if (device) {
    const { id, building, createdMs } = device
    return { kind: 'device', id, building, device, addedMs: createdMs }
  }
  const key = keys.authenticate(password)
  return key?.id === userName ? { kind: 'reader', id: key.id, role: key.role } : undefined
}

/** False once the device or key was revoked; a device that was added anew under its id counts as revoked. */
export const isStillValid = ({ keys }: Known, identity: Identity): boolean =>
  identity.kind === 'device'
    ? isCurrent(identity.device, identity.addedMs)
    : keys.list().some(({ id, revokedMs }) => id === identity.id && revokedMs === null)

/** Cheap enough to be asked for every publish. */
export const isCurrent = (device: Device, addedMs: number): boolean =>
  device.revokedMs === null && device.createdMs === addedMs

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
