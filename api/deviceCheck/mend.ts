/** What a sensor's maker does about a reason for which something was refused or quarantined. */
export const howToMend = (reason: string, building: string): string =>
  MENDS.find(([pattern]) => pattern.test(reason))?.[1].replaceAll('{building}', building) ??
  'Compare what was sent with the reference, section MQTT.'

const MENDS: readonly (readonly [RegExp, string])[] = [
  [/bad user name or password/, 'Check the password; "npx nadi devices rotate ID" gives a new one.'],
  [/client id/, 'Leave the client id empty, or take the device id, or the device id, a colon and more.'],
  [/too many (connections|sessions)/, 'End connections that are not used, and connect with a clean session.'],
  [/certificate/, 'Have a new certificate made for this device, and check its clock.'],
  [/connect with a user name/, 'Send the device id as user name and its password.'],
  [/not JSON|not UTF-8/, 'Send a JSON array in UTF-8, like [{"n":"{building}/temperature","v":24.5}].'],
  [/is a JSON array/, 'Put the records into an array, like [{"n":"{building}/temperature","v":24.5}].'],
  [/(sender|device)'s building/, 'Begin names with "{building}/", or add a device for the other building.'],
  [/no name of a Datastream/, 'Write lower-case segments and a property, like "{building}/floor-1/co2".'],
  [
    /before 1970|24 h after|possible time/,
    'Set the clock (NTP), in seconds since 1970, or leave the time out.',
  ],
  [/is no unit of/, 'Send one of the units named, or leave "u" out for the own unit.'],
  [/is not the unit/, 'Keep to the unit that came first, or use another property name.'],
  [/is not possible for/, 'Check the sensor, its scaling and its unit.'],
  [/finite number|has no value|only numbers/, 'Send one number in "v", or true or false in "vb".'],
  [/a status is/, 'Publish online or offline, without quotes.'],
]
