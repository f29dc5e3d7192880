import { generate } from 'mqtt-packet'

/** Makes the PUBLISH of one pack with this packet id and time; the same bytes each time but for those two. */
export type PackTemplate = (packetId: number, timeSeconds: number) => Buffer

const TIME_WIDTH = 14
const DATASTREAMS = 100
/** As many different sets of values go round, so that a store does not compress one value repeated for ever. */
const VALUE_SETS = 32

/** The Datastream whose values tell which packs of a connection are stored: each pack has it (packs of 1: in turn). */
export const firstDatastream = (building: string, connection: number, packSize: number): string[] =>
  names(packSize).map(([name]) => `${building}/floor-${connection}/${name}`)

/** Templates of a connection, to be used in turn: the generator must cost less than what it measures. */
export const packTemplates = (
  { packSize, building }: { packSize: number; building: string },
  device: string,
  connection: number,
): PackTemplate[] =>
  Array.from({ length: VALUE_SETS }, (_, set) =>
    names(packSize).map((members) => template(device, `${building}/floor-${connection}/`, members, set)),
  ).flat()

const names = (packSize: number): string[][] => {
  const all = Array.from({ length: DATASTREAMS }, (_, i) => `zone-${i}/temperature`)
  return packSize === 1 ? all.map((name) => [name]) : [all.slice(0, packSize)]
}

const template = (device: string, base: string, members: readonly string[], set: number): PackTemplate => {
  const records = members.map((n, i) => ({
    ...(i === 0 && { bn: base, bt: 0 }),
    n,
    // Two decimals that wander, as a room's temperature does.
    v: Number((24 + 3 * Math.sin(i + set / 7) + ((i * 31 + set * 17) % 10) / 100).toFixed(2)),
  }))
  const payload = JSON.stringify(records).replace('"bt":0', `"bt":${'0'.repeat(TIME_WIDTH)}`)
  const bytes = generate({
    cmd: 'publish',
    topic: `nadi/v1/${device}/observations`,
    payload,
    qos: 1,
    messageId: 1,
    dup: false,
    retain: false,
  })
  const timeAt = bytes.indexOf('"bt":') + 5
  const idAt = bytes.indexOf('[{"bn"') - 2
  return (packetId, timeSeconds) => {
    const packet = Buffer.from(bytes)
    packet.writeUInt16BE(packetId, idAt)
    packet.write(timeSeconds.toFixed(3), timeAt, 'latin1')
    return packet
  }
}
