import { freshForMs } from '../../city/buildingNow.ts'
import { accessOf, discloseValue } from '../../city/disclosure.ts'
import type { Role } from '../../city/roles.ts'
import type { Catalogue, Datastream, Device } from '../../store/catalogue/catalogue.ts'
import type { NotesOfDevice } from '../../store/catalogue/deviceNotes.ts'
import type { ApiContext } from '../context.ts'
import { unlessAway } from '../storeAway.ts'
import { howToMend } from './mend.ts'

/** Rejected packs told of, and Datastreams of each list. */
const MAX_REJECTED = 10
const MAX_LISTED = 100
/** Datastreams told of each topic of a gateway. */
const MAX_OF_TOPIC = 20
const PREVIEW_BYTES = 500

/** How a device is doing: what arrived last, what was refused and why. No secret is in it. */
export const checkDevice = async (
  { catalogue, observations, now }: Pick<ApiContext, 'catalogue' | 'observations' | 'now'>,
  device: Device,
  role: Role,
) => {
  const { id, building } = device
  const notes = catalogue.devices.notes.of(id)
  const { pack, refusal, forbidden, birth, notKept } = notes
  const declared = (birth?.datastreams ?? []).flatMap((path) => catalogue.datastreams.find(path) ?? [])
  const found = (paths: readonly string[]): Datastream[] =>
    [...new Set(paths)].flatMap((path) => catalogue.datastreams.find(path) ?? [])
  const sent = found([...notes.sent])
  const ofLastPack = found((pack?.readings ?? []).map(({ datastream }) => datastream))
  const topics = [...notes.topics].toReversed().map(([topic, { atMs, datastreams }]) => ({
    topic,
    at: iso(atMs),
    datastreams: found(datastreams.slice(0, MAX_OF_TOPIC)),
  }))
  const asked = [...declared, ...sent, ...ofLastPack, ...topics.flatMap(({ datastreams }) => datastreams)]
  // What was refused is worth knowing all the more while the store is away.
  const latest = await unlessAway(observations.latest([...new Set(asked.map((it) => it.id))]))
  const nowMs = now()
  const lastOf = (datastream: Datastream) => {
    const { path, unit } = datastream
    const last = latest?.get(datastream.id)
    return {
      datastream: path,
      lastTime: last === undefined ? null : iso(last.timeMs),
      value: last === undefined ? null : discloseValue(accessOf(role, datastream), last.value).value,
      unit,
    }
  }
  const isSilent = ({ id: datastreamId, intervalSeconds }: Datastream): boolean => {
    const timeMs = latest?.get(datastreamId)?.timeMs ?? -Infinity
    return nowMs - timeMs > freshForMs(intervalSeconds === null ? undefined : intervalSeconds * 1000)
  }
  return {
    device: id,
    building,
    now: iso(nowMs),
    revoked: device.revokedMs !== null,
    connection: {
      open: notes.connections,
      since: isoOrNull(notes.connectionMs),
      status: device.status,
      statusSince: isoOrNull(device.statusMs),
    },
    lastRefusal: refusal && {
      at: iso(refusal.atMs),
      reason: refusal.reason,
      mend: howToMend(refusal.reason, device),
      count: refusal.count,
    },
    lastArrivalAt: isoOrNull(device.lastSeenMs),
    lastPack: pack && {
      at: iso(pack.atMs),
      topic: pack.topic,
      observations: pack.observations,
      newestTime: iso(pack.newestMs),
      lateSeconds: Math.round((pack.atMs - pack.newestMs) / 1000),
      timing: timingOf(pack),
      datastreams: ofLastPack.map(lastOf),
    },
    sent: sent.map(lastOf),
    topics: topics.map(({ datastreams, ...topic }) => ({ ...topic, datastreams: datastreams.map(lastOf) })),
    notKept: notKept && { at: iso(notKept.atMs), topic: notKept.topic, count: notKept.count },
    rejected: lastRejected(catalogue, id).map(({ arrivedMs, payloadStart, payloadBytes, ...rejected }) => ({
      id: rejected.id,
      at: iso(arrivedMs),
      topic: rejected.topic,
      reason: rejected.reason,
      mend: howToMend(rejected.reason, device),
      payload: Buffer.from(payloadStart.subarray(0, PREVIEW_BYTES)).toString(),
      bytes: payloadBytes,
    })),
    forbidden: {
      count: device.forbiddenCount,
      lastTopic: forbidden?.topic ?? null,
      lastAt: isoOrNull(forbidden?.atMs ?? null),
    },
    declaredAt: isoOrNull(birth?.atMs ?? null),
    lastValuesKnown: latest !== undefined,
    silent: latest === undefined ? [] : declared.filter(isSilent).slice(0, MAX_LISTED).map(lastOf),
    undeclared: catalogue.datastreams
      .list(building)
      .filter(({ path, undeclared }) => undeclared && notes.undeclared.has(path))
      .slice(0, MAX_LISTED)
      .map(({ path }) => path),
  }
}

/** A newest time so far from arrival is told of. */
const PROMPT_MS = 300_000
/** For so long a clock that is behind must have kept its distance: late data come closer, or jump. */
const STEADY_FOR_MS = 60_000

/** What the newest time of a pack says of the device's clock. Late data with right times are no wrong clock. */
const timingOf = ({
  atMs,
  newestMs,
  steadySinceMs,
}: NonNullable<NotesOfDevice['pack']>): 'prompt' | 'ahead' | 'behind' | 'late' => {
  if (newestMs - atMs > PROMPT_MS) return 'ahead'
  if (atMs - newestMs <= PROMPT_MS) return 'prompt'
  return atMs - steadySinceMs >= STEADY_FOR_MS ? 'behind' : 'late'
}

/** The newest quarantined packs and records of a device, newest first. */
const lastRejected = ({ quarantine }: Pick<Catalogue, 'quarantine'>, device: string) => {
  const ids = quarantine.ids({ device, limit: MOST_HELD })
  const afterId = ids.at(-MAX_REJECTED - 1) ?? 0
  return quarantine.list({ device, afterId, limit: MAX_REJECTED }).toReversed()
}

/** More than fit into a device's room. */
const MOST_HELD = 1_000_000

const iso = (timeMs: number): string => new Date(timeMs).toISOString()

const isoOrNull = (timeMs: number | null): string | null => (timeMs === null ? null : iso(timeMs))
