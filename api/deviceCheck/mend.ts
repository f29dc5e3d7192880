import type { Device } from '../../store/catalogue/catalogue.ts'

/** What a sensor's maker does about a reason for which something was refused or quarantined. */
export const howToMend = (reason: string, { id, building }: Pick<Device, 'id' | 'building'>): string =>
  MENDS.find(([pattern]) => pattern.test(reason))?.[1]
    .replaceAll('{building}', building)
    .replaceAll('{device}', id) ?? 'Compare what was sent with the reference, section MQTT.'

const MENDS: readonly (readonly [RegExp, string])[] = [
  [/bad user name or password/, 'Check the password; "npx nadi devices rotate ID" gives a new one.'],
  [/client id/, 'Leave the client id empty, or take the device id, or the device id, a colon and more.'],
  [/too many (connections|sessions)/, 'End connections that are not used, and connect with a clean session.'],
  [
    /certificate.*(?:it is revoked|was replaced)/,
    'Use the certificate that was made last, or have a new one made: npx nadi devices certificate {device}.',
  ],
  [/certificate/, 'Have a new certificate made for this device, and check its clock.'],
  [/connect with a user name/, 'Send the device id as user name and its password.'],
  [
    /not JSON|not UTF-8/,
    'Send JSON in UTF-8: observations as an array like [{"n":"{building}/temperature","v":24.5}], a birth as an object.',
  ],
  [
    /neither a number nor JSON|no number, no \{|no field of the object/,
    'Let the gateway publish a number, {"value": 24.5} or an object with numbers (Zigbee2MQTT: output "json"), or not publish this topic here.',
  ],
  [
    /another source of the same name/,
    'Rename one of the two in the gateway, or say which Datastream this one is: npx nadi devices map {device} TOPIC {building}/NAME.',
  ],
  [/level of the topic is empty/, 'Take the doubled or last "/" out of the topic.'],
  [/needs a topic whose last level/, 'Publish it on a topic that ends in its property, like ROOT/hall/co2.'],
  [/segments, at most/, 'Send a shorter name, or set a shorter topic in the gateway.'],
  [/is a JSON array/, 'Put the records into an array, like [{"n":"{building}/temperature","v":24.5}].'],
  [/(sender|device)'s building/, 'Begin names with "{building}/", or add a device for the other building.'],
  [/no name of a Datastream/, 'Write lower-case segments and a property, like "{building}/floor-1/co2".'],
  [
    /before 1970|24 h after|possible time/,
    'Set the clock (NTP) and send seconds since 1970, or leave the time out. A number below 2^28 (before 4 July 1978) counts from the arrival: bring readings as old as that by "npx nadi import".',
  ],
  [/is no unit of/, 'Send one of the units named, or leave "u" out for the own unit.'],
  [/is not the unit/, 'Keep to the unit that came first, or use another property name.'],
  [/is not possible for/, 'Check the sensor, its scaling and its unit.'],
  [/finite number|has no value|only numbers/, 'Send one number in "v", or true or false in "vb".'],
  [/a status is/, 'Publish online or offline, without quotes.'],
]
