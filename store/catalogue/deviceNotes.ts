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
  /** A publish that could not be kept, and so was not acknowledged: the city's fault, not the device's. */
  notKept(device: string, topic: string, atMs: number): void
  forbidden(device: string, topic: string, atMs: number): void
  /** The Datastreams that its birth declared. */
  born(device: string, datastreams: readonly string[], atMs: number): void
  of(device: string): NotesOfDevice
}

export interface NotedPack {
  /** On which it came, a gateway's own too. */
  topic: string
  /** A gateway's own topic, of which each is told. */
  isForeign: boolean
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
    /** Since when the newest times have kept the same distance from arrival, as those of a wrong clock do. */
    steadySinceMs: number
    readings: readonly NotedReading[]
  } | null
  /** Datastreams that it sent since the city started, the first of them first. */
  sent: ReadonlySet<string>
  /** A gateway's foreign topics, the one that came last at the end, with the Datastreams of its last message. */
  topics: ReadonlyMap<string, { atMs: number; datastreams: readonly string[] }>
  /** The last publish that was not kept; `count`: how many since something was. */
  notKept: { topic: string; atMs: number; count: number } | null
  forbidden: { topic: string; atMs: number } | null
  birth: { datastreams: readonly string[]; atMs: number } | null
  /** Datastreams that it sent and nobody had declared. */
  undeclared: ReadonlySet<string>
}

/** Readings of the last pack, and Datastreams of the birth, that are kept of each device. */
const MAX_READINGS = 50
const MAX_DECLARED = 2_000
const MAX_UNDECLARED = 500
const MAX_SENT = 1_000
const MAX_TOPIC_LENGTH = 200
const MAX_TOPICS = 100
/** Two packs whose distance from arrival differs by more are not of one steady clock. */
const STEADY_MS = 30_000

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
    stored(device, { topic: whole, isForeign, readings, undeclared }, atMs) {
      let newestMs = 0
      for (const { timeMs } of readings) if (timeMs > newestMs) newestMs = timeMs
      const notes = of(device)
      const topic = whole.slice(0, MAX_TOPIC_LENGTH)
      const last = notes.pack
      const isSteady = last && Math.abs(atMs - newestMs - (last.atMs - last.newestMs)) <= STEADY_MS
      const pack = {
        topic,
        atMs,
        observations: readings.length,
        newestMs,
        steadySinceMs: isSteady ? last.steadySinceMs : atMs,
        readings: readings.slice(-MAX_READINGS),
      }
      change(device, {
        pack,
        ...(isForeign && { topics: withTopic(notes.topics, pack) }),
        ...withSent(notes, readings),
        ...withUndeclared(notes, undeclared),
      })
    },
    notKept(device, topic, atMs) {
      const { notKept, pack } = of(device)
      const count = notKept && notKept.atMs >= (pack?.atMs ?? 0) ? notKept.count + 1 : 1
      change(device, { notKept: { topic: topic.slice(0, MAX_TOPIC_LENGTH), atMs, count } })
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
  sent: new Set(),
  topics: new Map(),
  notKept: null,
  forbidden: null,
  birth: null,
  undeclared: new Set(),
}

/** The same map, changed: a gateway may send a thousand messages a second. */
const withTopic = (
  topics: NotesOfDevice['topics'],
  { topic, atMs, readings }: NonNullable<NotesOfDevice['pack']>,
): NotesOfDevice['topics'] => {
  const changed =
    topics.size === 0 ? new Map() : (topics as Map<string, { atMs: number; datastreams: string[] }>)
  changed.delete(topic)
  changed.set(topic, { atMs, datastreams: [...new Set(readings.map(({ datastream }) => datastream))] })
  if (changed.size > MAX_TOPICS) changed.delete(changed.keys().next().value ?? '')
  return changed
}

/** The same set, changed; most packs bring nothing new. */
const withSent = (
  { sent }: NotesOfDevice,
  readings: readonly NotedReading[],
): Pick<NotesOfDevice, 'sent'> | undefined => {
  const all = sent as Set<string>
  if (all.size === 0)
    return { sent: new Set(readings.slice(0, MAX_SENT).map(({ datastream }) => datastream)) }
  for (const { datastream } of readings) if (all.size < MAX_SENT) all.add(datastream)
  return undefined
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
