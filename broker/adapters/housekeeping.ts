/**
 * Whether a message that holds no reading is what a gateway tells of itself at all times, so that nobody needs to look
 * at it: Zigbee2MQTT's `bridge/...` (its documentation, "MQTT topics and messages") and its devices' `availability`.
 */
export const isHousekeeping = (segments: readonly string[]): boolean =>
  (segments[0] === 'bridge' && BRIDGE.has(segments[1] ?? '')) || segments.at(-1) === 'availability'

const BRIDGE: ReadonlySet<string> = new Set([
  'state',
  'info',
  'devices',
  'groups',
  'definitions',
  'event',
  'health',
  'extensions',
  'converters',
  'logging',
  'log',
  'config',
  'response',
])
