/**
 * The MQTT topics of the contract, built and matched in one place. A device's own topics begin with
 * `nadi/v1/{device}/`; the city publishes `v1.1/Datastreams({id})/Observations` and `nadi/v1/alarms/{building}`.
 */
const ROOT = 'nadi/v1'

/**
 * True for a name that may stand in a topic as a device: nothing that means something there, and no ":", which ends
 * the identity in a client id. `alarms` is a branch of the city's own.
 */
export const isDeviceId = (text: string): boolean => DEVICE_ID_PATTERN.test(text) && text !== 'alarms'

/** What people are told that an id may be. */
export const DEVICE_ID_RULE =
  '1 to 64 letters, digits, ".", "_" and "-", not "alarms", and the first a letter or digit'

/** What documents can say of it; what holds is `isDeviceId`. */
export const DEVICE_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const COMMAND = /^[A-Za-z0-9_-]{1,64}$/

export const observationsTopic = (device: string): string => `${ROOT}/${device}/observations`
export const birthTopic = (device: string): string => `${ROOT}/${device}/birth`
export const statusTopic = (device: string): string => `${ROOT}/${device}/status`
/** What a device subscribes to for its commands. */
export const commandFilter = (device: string): string => `${ROOT}/${device}/commands/+`
export const datastreamTopic = (datastreamId: number): string =>
  `v1.1/Datastreams(${datastreamId})/Observations`

/** What a topic of the contract is. */
export type Topic =
  | { kind: 'observations' | 'birth' | 'status'; device: string }
  | { kind: 'command' | 'commandResult'; device: string; commandId: string }
  | { kind: 'alarms'; building: string }
  | { kind: 'datastream'; datastreamId: number }

const DATASTREAM = /^v1\.1\/Datastreams\((\d{1,15})\)\/Observations$/
const BUILDING = /^[a-z0-9-]+$/

/** Reads a topic name (not a filter); undefined when it is none of the contract's. */
export const matchTopic = (topic: string): Topic | undefined => {
  const datastream = DATASTREAM.exec(topic)
  if (datastream) return { kind: 'datastream', datastreamId: Number(datastream[1]) }
  const [root, version, owner, branch, commandId, leaf, ...rest] = topic.split('/')
  if (`${root}/${version}` !== ROOT || owner === undefined || branch === undefined || rest.length > 0) {
    return undefined
  }
  if (owner === 'alarms') {
    return commandId === undefined && BUILDING.test(branch) ? { kind: 'alarms', building: branch } : undefined
  }
  if (!isDeviceId(owner)) return undefined
  if (branch === 'commands') {
    if (commandId === undefined || !COMMAND.test(commandId)) return undefined
    if (leaf === undefined) return { kind: 'command', device: owner, commandId }
    return leaf === 'result' ? { kind: 'commandResult', device: owner, commandId } : undefined
  }
  if (commandId !== undefined) return undefined
  if (branch === 'observations' || branch === 'birth' || branch === 'status') {
    return { kind: branch, device: owner }
  }
  return undefined
}
