import { freshForMs } from '../../city/buildingNow.ts'
import type { Catalogue, Datastream, Device } from '../../store/catalogue/catalogue.ts'
import type { ApiContext } from '../context.ts'
import { unlessAway } from '../storeAway.ts'
import { howToMend } from './mend.ts'

/** Rejected packs told of, and Datastreams of each list. */
const MAX_REJECTED = 10
const MAX_LISTED = 100
const PREVIEW_BYTES = 500

/** How a device is doing: what arrived last, what was refused and why. No secret is in it. */
export const checkDevice = async (
  { catalogue, observations, now }: Pick<ApiContext, 'catalogue' | 'observations' | 'now'>,
  device: Device,
) => {
  const { id, building } = device
  const notes = catalogue.devices.notes.of(id)
  const { pack, refusal, forbidden, birth } = notes
  const declared = (birth?.datastreams ?? []).flatMap((path) => catalogue.datastreams.find(path) ?? [])
  const sent = (pack?.readings ?? []).flatMap(
    ({ datastream }) => catalogue.datastreams.find(datastream) ?? [],
  )
  // What was refused is worth knowing all the more while the store is away.
  const latest = await unlessAway(
    observations.latest([...new Set([...declared, ...sent].map((it) => it.id))]),
  )
  const nowMs = now()
  const lastOf = (datastream: Datastream) => {
    const timeMs = latest?.get(datastream.id)?.timeMs
    return { datastream: datastream.path, lastTime: timeMs === undefined ? null : iso(timeMs) }
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
      /** Positive: the device's clock is behind, or it sent late. */
      lateSeconds: Math.round((pack.atMs - pack.newestMs) / 1000),
      datastreams: [...new Set(sent)].map(lastOf),
    },
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
