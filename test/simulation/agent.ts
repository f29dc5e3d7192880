import type { Logger } from 'pino'
import type { Spool } from '../../edge/spool.ts'
import { createSpoolOver } from '../../edge/spoolOver.ts'
import type { SpoolEngine } from '../../edge/spoolEngine.ts'
import { createUplink, type Uplink } from '../../edge/uplink.ts'
import { createLife, type Life } from './life.ts'
import { createSpoolDisk, type SpoolDisk } from './memorySpool.ts'
import type { Network } from './network.ts'
import type { Plant } from './plants.ts'
import { drawFate, type Fate, readingOf } from './readings.ts'
import type { World } from './world.ts'

/** One building's agent, as often as it is started: the real spool and uplink over a disk in memory. */
export interface SimulatedAgent {
  readonly name: string
  readonly disk: SpoolDisk
  /** Everything that its source ever gave, and what the door must make of it. */
  readonly given: ReadonlyMap<number, Fate>
  /** Given when the process died: the spool has it or not. */
  readonly unknown: ReadonlySet<number>
  /** Could not be kept and were counted. */
  readonly lost: ReadonlySet<number>
  start(): void
  crash(kind: 'kill' | 'power cut'): void
  /** The source gives nothing any more. */
  stopSource(): void
  /** One more reading. */
  give(): void
  setWallClock(offsetMs: number): void
  /** What is wrong with the spool's counting at the moment; empty when nothing is. */
  miscounts(): string[]
}

export interface AgentParts {
  world: World
  network: Network
  building: number
  beginningMs: number
  log: Logger
  plant: Plant | undefined
}

const BACK_AFTER_MS = 2_000
const MOST_IN_A_BATCH = 5
const LIMITS = {
  recordsPerPack: 8,
  packsInFlight: 4,
  backlogRowsPerSecond: 100,
  pubackTimeoutMs: 4_000,
  retryFirstMs: 400,
  retryLongestMs: 2_000,
  refusedFirstMs: 500,
  refusedLongestMs: 2_000,
  lastTryAfterMs: 10_000,
}
/** Room for about 60 rows: an outage of some seconds overflows it. */
const MAX_BYTES = 3_600

export const createAgent = ({
  world,
  network,
  building,
  beginningMs,
  log,
  plant,
}: AgentParts): SimulatedAgent => {
  const { chance } = world
  const name = `building-${building}`
  const pauseMs = chance.whole(100, 900)
  const given = new Map<number, Fate>()
  const unknown = new Set<number>()
  const lost = new Set<number>()
  let wallOffsetMs = 0
  let sourceIsOpen = true
  let lastNumber = 0
  /** Rows that were counted as dropped by a process that died before the counter was on the disk, or counted twice. */
  let uncounted = 0
  let running: { life: Life; spool: Spool; uplink: Uplink | undefined } | undefined

  const die = (kind: 'kill' | 'power cut', { whileCommitting = false } = {}): void => {
    const before = running
    if (!before) return
    if (!whileCommitting) found.push(...miscount())
    running = undefined
    before.life.end()
    disk.crash(kind)
    uncounted = disk.dropped.size + lost.size - disk.counter('dropped')
    world.after(chance.whole(0, BACK_AFTER_MS), start)
  }
  const disk = createSpoolDisk({ world, name, onCrash: (kind) => die(kind, { whileCommitting: true }) })
  const found: string[] = []

  const miscount = (): string[] => {
    if (disk.uncounted > 0) return [`${name} dropped ${disk.uncounted} readings without counting them`]
    if (!running) return []
    const counted = running.spool.stats().dropped + uncounted
    const actual = disk.dropped.size + lost.size
    return counted === actual ? [] : [`${name} counts ${counted} readings as dropped: ${actual} are`]
  }

  const takeBatch = (size: number): void => {
    const now = running
    if (!now) return
    const batch = Array.from({ length: size }, () => {
      lastNumber += 1
      const fate = drawFate(chance)
      const reading = readingOf(building, lastNumber, fate)
      given.set(reading.value, fate)
      return reading
    })
    now.spool.append(batch)
    if (!now.life.alive) {
      for (const { value } of batch) unknown.add(value)
      return
    }
    const kept = new Set(disk.rows.slice(-size).map(({ value }) => value))
    for (const { value } of batch) if (!kept.has(value) && !disk.dropped.has(value)) lost.add(value)
    world.tell(() => `${name} reads ${batch.length}, to ${lastNumber}: ${disk.rows.length} in its spool`)
    now.uplink?.wake()
  }

  const start = (): void => {
    if (running) return
    const life = createLife(world)
    const now = (): number => beginningMs + wallOffsetMs + world.nowMs()
    let spool: Spool
    try {
      spool = createSpoolOver(plantedEngine(disk.engineOf(life), plant), { maxBytes: MAX_BYTES, log, now })
    } catch {
      world.after(BACK_AFTER_MS, start)
      return
    }
    running = { life, spool, uplink: undefined }
    world.tell(() => `${name} starts with ${disk.rows.length} in its spool`)
    const connect = createUplink({
      urls: ['mqtt://city'],
      device: name,
      credentials: async () => ({ password: 'right' }),
      birth: { things: [], datastreams: [{ name: `${name}/zone-0/count` }] },
      rows: plantedRows(spool, plant),
      onReleased: (rows) => world.tell(() => `${name} releases ${rows}`),
      openConnection: network.openFor(name, life),
      clock: life.clock,
      log,
      random: () => chance.share(),
      limits: LIMITS,
    })
    void connect.then((uplink) => {
      if (running?.life === life) running.uplink = plantedUplink(uplink, plant)
    })
    const read = (): void => {
      if (!sourceIsOpen) return
      takeBatch(chance.whole(1, MOST_IN_A_BATCH))
      life.after(pauseMs * (0.5 + chance.share()), read)
    }
    life.after(pauseMs * chance.share(), read)
  }

  return {
    name,
    disk,
    given,
    unknown,
    lost,
    start,
    crash(kind) {
      if (running) world.tell(() => `${name} dies (${kind})`)
      die(kind)
    },
    stopSource() {
      sourceIsOpen = false
    },
    give: () => takeBatch(1),
    setWallClock(offsetMs) {
      wallOffsetMs = offsetMs
    },
    miscounts: () => [...found, ...miscount()],
  }
}

const plantedRows = (spool: Spool, plant: Plant | undefined): Spool => {
  if (plant === 'release-before-puback') {
    return {
      ...spool,
      oldest(limit, afterId, untilId) {
        const rows = spool.oldest(limit, afterId, untilId)
        spool.release(rows.map(({ id }) => ({ fromId: id, toId: id })))
        return rows
      },
      release: () => undefined,
    }
  }
  if (plant === 'wrong-range') {
    return {
      ...spool,
      release: (ranges) => spool.release(ranges.map(({ fromId, toId }) => ({ fromId, toId: toId + 1 }))),
    }
  }
  return spool
}

const plantedUplink = (uplink: Uplink, plant: Plant | undefined): Uplink =>
  plant === 'lost-wake-up' ? { ...uplink, wake: () => undefined } : uplink

const plantedEngine = (engine: SpoolEngine, plant: Plant | undefined): SpoolEngine =>
  plant === 'uncounted-drop' ? { ...engine, counter: () => 0, addTo: () => undefined } : engine
