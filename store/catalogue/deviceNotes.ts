/**
 * What a sensor's maker asks for: how the last connection, the last pack and the last refusal went. Of known devices
 * only, a bounded handful for each, in memory: it says how it goes now, and a restart begins anew.
 */
export interface DeviceNotes {
  connected(device: string, atMs: number): void
  disconnected(device: string, atMs: number): void
  /** A CONNECT that was refused; nothing when no device has this name. */
  refused(device: string, reason: string, atMs: number): void
  /** A pack of which everything or something was stored. */
  stored(device: string, pack: NotedPack, atMs: number): void
  forbidden(device: string, topic: string, atMs: number): void
  /** The Datastreams that its birth declared. */
  born(device: string, datastreams: readonly string[], atMs: number): void
  of(device: string): NotesOfDevice
}

export interface NotedPack {
  /** On which it came, a gateway's own too. */
  topic: string
  readings: readonly NotedReading[]
  /** Datastreams in it that no birth declared; one of several readings may stand here several times. */
  undeclared: readonly string[]
}

export interface NotedReading {
  datastream: string
  timeMs: number
}

export interface NotesOfDevice {
  connections: number
  connectionMs: number | null
  /** `count`: how often in a row for this reason. */
  refusal: { reason: string; atMs: number; count: number } | null
  pack: {
    topic: string
    atMs: number
    observations: number
    newestMs: number
    readings: readonly NotedReading[]
  } | null
  forbidden: { topic: string; atMs: number } | null
  birth: { datastreams: readonly string[]; atMs: number } | null
  /** Datastreams that it sent and nobody had declared. */
  undeclared: ReadonlySet<string>
}

/** Readings of the last pack, and Datastreams of the birth, that are kept of each device. */
const MAX_READINGS = 50
const MAX_DECLARED = 2_000
const MAX_UNDECLARED = 500
const MAX_TOPIC_LENGTH = 200

export const createDeviceNotes = (isKnown: (device: string) => boolean): DeviceNotes => {
  const all = new Map<string, NotesOfDevice>()
  const of = (device: string): NotesOfDevice => all.get(device) ?? NOTHING
  const change = (device: string, told: Partial<NotesOfDevice>): void => {
    const notes = all.get(device)
    if (notes) Object.assign(notes, told)
    else if (isKnown(device)) all.set(device, { ...NOTHING, ...told })
  }
  return {
    of,
    connected: (device, atMs) =>
      change(device, { connections: of(device).connections + 1, connectionMs: atMs }),
    disconnected: (device, atMs) =>
      change(device, { connections: Math.max(0, of(device).connections - 1), connectionMs: atMs }),
    refused(device, reason, atMs) {
      const { refusal } = of(device)
      change(device, { refusal: { reason, atMs, count: refusal?.reason === reason ? refusal.count + 1 : 1 } })
    },
    stored(device, { topic, readings, undeclared }, atMs) {
      let newestMs = 0
      for (const { timeMs } of readings) if (timeMs > newestMs) newestMs = timeMs
      const pack = {
        topic: topic.slice(0, MAX_TOPIC_LENGTH),
        atMs,
        observations: readings.length,
        newestMs,
        readings: readings.slice(-MAX_READINGS),
      }
      change(device, { pack, ...withUndeclared(of(device), undeclared) })
    },
    forbidden: (device, topic, atMs) =>
      change(device, { forbidden: { topic: topic.slice(0, MAX_TOPIC_LENGTH), atMs } }),
    born: (device, datastreams, atMs) =>
      change(device, { birth: { datastreams: datastreams.slice(0, MAX_DECLARED), atMs } }),
  }
}

const NOTHING: NotesOfDevice = {
  connections: 0,
  connectionMs: null,
  refusal: null,
  pack: null,
  forbidden: null,
  birth: null,
  undeclared: new Set(),
}

/** A copy only where there is something new: most packs bring nothing. */
const withUndeclared = (
  { undeclared }: NotesOfDevice,
  sent: readonly string[],
): Pick<NotesOfDevice, 'undeclared'> | undefined => {
  const found = sent.filter((datastream) => !undeclared.has(datastream))
  if (found.length === 0 || undeclared.size >= MAX_UNDECLARED) return undefined
  return { undeclared: new Set([...undeclared, ...found].slice(0, MAX_UNDECLARED)) }
}
