import type { SignedCertificate } from '../authority/openAuthority.ts'
import { closestName } from '../city/closestName.ts'
import { NadiError } from '../city/errors.ts'
import { audited } from './audit.ts'
import { listBuildings } from './buildings.ts'
import type { ApiContext } from './context.ts'
import type { Principal } from './env.ts'

/**
 * What administrators do with devices, for `/v1` and for the page under `/ops` alike. Each act and its entry in the
 * audit log are one commit.
 */
type Context = Pick<ApiContext, 'catalogue' | 'city'>

/** A device to add; with `signed` it proves itself by that certificate and gets no password. */
export interface DeviceToAdd {
  id: string
  building: string
  gateway?: string | undefined
  signed?: { certificate: SignedCertificate; days: number } | undefined
}

/** Adds a device. Returns its password, shown once; undefined with a certificate. Throws `conflict`. */
export const addDevice = (
  context: Context,
  principal: Principal,
  { id, building, gateway, signed }: DeviceToAdd,
): string | undefined =>
  audited(
    context,
    principal,
    () => {
      const { certificates, devices } = context.catalogue
      if (!signed) return devices.add(id, building, gateway)
      devices.addWithoutPassword(id, building, gateway)
      certificates.add({ ...signed.certificate, device: id })
      return undefined
    },
    () => ({
      action: 'device.add',
      subject: id,
      detail: {
        building,
        ...(gateway !== undefined && { gateway }),
        ...(signed && { certificate: signed.certificate.serial, days: signed.days }),
      },
    }),
  )

/** Gives a device a new password, shown once; the old one stays valid for a while. Throws `not-found`, `conflict`. */
export const rotatePassword = (
  context: Context,
  principal: Principal,
  id: string,
  graceSeconds: number,
): string => {
  const { devices } = context.catalogue
  if (devices.find(id)?.revokedMs === null && !devices.hasPassword(id)) throw noPassword(id)
  return audited(
    context,
    principal,
    () => devices.rotate(id, graceSeconds * 1000),
    () => ({ action: 'device.rotate', subject: id, detail: { graceSeconds } }),
  )
}

/** Ends a device: its password and certificates stop working. Throws `not-found`. */
export const revokeDevice = (context: Context, principal: Principal, id: string): void =>
  audited(
    context,
    principal,
    () => context.catalogue.devices.revoke(id),
    () => ({ action: 'device.revoke', subject: id }),
  )

/** True when the city file or a reading has named the building. */
export const isKnownBuilding = ({ city, catalogue }: Context, building: string): boolean =>
  catalogue.things.find(building) !== undefined || city.buildings.some(({ id }) => id === building)

const MOST_NAMED = 30

/** Devices bring buildings of their own; but a typing error must not make one. Throws `invalid-input`. */
export const refuseMistyped = (context: Context, building: string): void => {
  const known = listBuildings(context).map(({ id }) => id)
  const meant = closestName(building, known)
  if (meant === undefined) return
  const more = known.length > MOST_NAMED ? ` and ${known.length - MOST_NAMED} more` : ''
  throw new NadiError(
    'invalid-input',
    `There is no building "${building}": was "${meant}" meant? There are ${known.slice(0, MOST_NAMED).join(', ')}${more}. ` +
      'If it is a new one, say so with --new-building (in the API "newBuilding": true).',
    { problems: [{ pointer: '/building', detail: 'the id of a building that there is' }] },
  )
}

/** A password beside a certificate is a second way in, which nobody gets by asking for a new one. */
const noPassword = (id: string): NadiError =>
  new NadiError(
    'conflict',
    `The device "${id}" proves itself by a certificate and has no password to replace. Renew its certificate with "nadi devices certificate ${id}", or revoke it and add it again with a password.`,
  )
