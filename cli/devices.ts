import type { Command } from '@commander-js/extra-typings'
import { NadiError } from '../city/errors.ts'
import { toSegment } from '../city/names.ts'
import { DEVICE_ID_RULE, isDeviceId } from '../city/topics.ts'
import { type CityClient, connectCity } from './city.ts'
import { type DeviceCheck, printCheck } from './deviceCheck.ts'
import {
  describeCertificate,
  type Issued,
  registerCredentials,
  tellCertificate,
} from './deviceCredentials.ts'
import { requestWithKey, requireOwnFolder, writeIssued } from './deviceFiles.ts'
import { days } from './duration.ts'
import { example, withCity } from './options.ts'
import { print, printJson, printTable, say } from './output.ts'

interface Device {
  id: string
  building: string
  status: string
  lastSeenAt: string | null
  forbiddenCount: number
  revokedAt: string | null
}

interface NewDevice {
  device: string
  password?: string
  issued?: Issued
  building: string
  buildingIsKnown: boolean
  mqtt: string
}

/** `nadi devices`: identities that may publish, each for its own building. */
export const register = (program: Command): void => {
  const devices = program
    .command('devices')
    .description('Devices: who may publish readings, each for its own building')
    .addHelpText(
      'after',
      example('npx nadi devices add library-edge --building library', 'npx nadi devices list'),
    )

  withCity(devices.command('add').argument('<id>', 'its user name on MQTT'))
    .description('adds a device and prints its password, once, or gives it a certificate instead')
    .requiredOption('--building <id>', 'the building that it may publish for')
    .option('--new-building', 'a building that is almost called like another is no typing error')
    .option('--gateway <root>', 'foreign topic root that it maps to the building')
    .option('--certificate <folder>', 'no password: make a key here and write key, certificate and authority')
    .option('--days <number>', 'how long the certificate is valid', days, 365)
    .addHelpText(
      'after',
      example(
        'npx nadi devices add library-edge --building library',
        'npx nadi devices add library-zigbee --building library --gateway zigbee2mqtt/library',
        'npx nadi devices add library-edge --building library --certificate ./library-edge',
      ),
    )
    .action(async (id, { building, newBuilding, gateway, certificate, days: validDays, json, ...at }) => {
      if (!isDeviceId(id)) {
        throw new NadiError('invalid-input', `"${id}" cannot be a device's id: choose ${DEVICE_ID_RULE}.`)
      }
      if (certificate !== undefined) requireOwnFolder(certificate, id)
      const request =
        certificate === undefined ? {} : { request: await requestWithKey(certificate, id), days: validDays }
      const city = connectCity(at)
      const made = await city.post<NewDevice>('/v1/devices', {
        id,
        building,
        newBuilding,
        gateway,
        ...request,
      })
      if (!made.buildingIsKnown) say(await aboutNewBuilding(city, id, building))
      if (certificate !== undefined && made.issued) {
        const files = writeIssued(certificate, made.issued)
        if (json) return printJson(describeCertificate(id, made.issued, files))
        return tellCertificate(id, made.issued, files)
      }
      if (json) return printJson({ device: made.device, password: made.password })
      say('This password is shown once. Keep it where the device reads it.')
      print(`device    ${made.device}\npassword  ${made.password}`)
      say(`\nTry it:\n  ${publishLine(made)}`)
    })

  withCity(devices.command('list'))
    .description('lists devices, with when each was last heard of')
    .addHelpText('after', example('npx nadi devices list --json'))
    .action(async ({ json, ...at }) => {
      const all = await Array.fromAsync(connectCity(at).all<Device>('/v1/devices?limit=1000'))
      if (json) return printJson({ items: all })
      printTable(
        ['device', 'building', 'status', 'last seen', 'refused', 'revoked'],
        all.map((it) => [it.id, it.building, it.status, it.lastSeenAt, it.forbiddenCount, it.revokedAt]),
      )
    })

  withCity(devices.command('check').argument('<id>'))
    .description('tells what arrived last from a device, what was rejected and why')
    .addHelpText('after', example('npx nadi devices check library-edge'))
    .action(async (id, { json, ...at }) => {
      const check = await connectCity(at).get<DeviceCheck>(`/v1/devices/${encodeURIComponent(id)}/check`)
      if (json) printJson(check)
      else printCheck(check)
    })

  withCity(
    devices
      .command('map')
      .argument('<gateway>')
      .argument('<topic>', 'where it carries an object, with a slash and the field after it')
      .argument('<datastream>', 'a path within its building'),
  )
    .description('says which Datastream a topic of a gateway is, where its name does not')
    .addHelpText(
      'after',
      example('npx nadi devices map library-zigbee zigbee2mqtt/room_a/co2 library/annex/co2'),
    )
    .action(async (gateway, topic, datastream, { json, ...at }) => {
      const url = `/v1/devices/${encodeURIComponent(gateway)}/topics`
      const made = await connectCity(at).post<{ before: string | null }>(url, { topic, datastream })
      if (json) return printJson(made)
      const instead = made.before === null ? '' : ` Until now that came on "${made.before}".`
      say(
        `"${topic}" is ${datastream} from now on.${instead} ` +
          'What was rejected meanwhile: npx nadi quarantine retry',
      )
    })

  withCity(devices.command('revoke').argument('[id]', 'the device'))
    .description('revokes a device, its password and certificates, or one certificate')
    .option('--certificate <serial>', 'this certificate alone')
    .addHelpText(
      'after',
      example(
        'npx nadi devices revoke library-edge',
        'npx nadi devices revoke --certificate 7574879B7F4D8896FE8E37EC66C72D7E',
      ),
    )
    .action(async (id, { certificate, json, ...at }) => {
      if ((id === undefined) === (certificate === undefined)) {
        throw new NadiError('invalid-input', 'Name a device, or one certificate with --certificate.')
      }
      const revoked = id ?? certificate ?? ''
      const kind = id === undefined ? 'certificates' : 'devices'
      await connectCity(at).delete(`/v1/${kind}/${encodeURIComponent(revoked)}`)
      if (json) return printJson({ revoked })
      say(`Revoked ${revoked}.`)
    })

  registerCredentials(devices)
}

/** A new building is nothing wrong, but a mistake looks the same. */
const aboutNewBuilding = async (city: CityClient, id: string, building: string): Promise<string> => {
  const known: string[] = []
  try {
    for await (const { id } of city.all<{ id: string }>('/v1/buildings?limit=500')) known.push(id)
  } catch {
    // The device is made, and its password is still to be shown: a store that is away must not prevent that.
  }
  const others = known.length === 0 ? '' : ` Known so far: ${known.slice(0, 30).join(', ')}.`
  return (
    `"${building}" is new: the city will know it from its first reading on.${others} If another was meant: ` +
    `npx nadi devices revoke ${id}, and add it again.`
  )
}

/** Publishes one reading, of a Thing of the device's own lest it mix with others', by mosquitto's clients. */
const publishLine = ({ device, password, building, mqtt }: NewDevice): string => {
  const { hostname, port } = new URL(mqtt)
  const reading = `[{"n":"${building}/${toSegment(device)}/temperature","v":24.5}]`
  return `mosquitto_pub -h ${hostname} -p ${port} -u ${device} -P ${password} -q 1 -t nadi/v1/${device}/observations -m '${reading}'`
}
