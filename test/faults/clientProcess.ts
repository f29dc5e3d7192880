import { setTimeout as sleep } from 'node:timers/promises'
import mqtt, { type MqttClient } from 'mqtt'
import { encodePack } from '../../city/senml.ts'
import { observationsTopic } from '../../city/topics.ts'
import { keyedRandom } from '../../edge/simulation/random.ts'
import { openJournal, type Range, readJournal } from './journal.ts'
import { observationOf, type Source } from './observations.ts'
import { meetParent } from './parent.ts'

/**
 * A device without a spool, in a process that a test may kill: sends packs at QoS 1, keeps a journal of what was sent
 * and what was acknowledged, and sends again what was not. Some packs it sends twice, some out of order, some are
 * nonsense. Its one argument is `ClientOptions` as JSON.
 */
export interface ClientOptions {
  source: Source
  port: number
  password: string
  journalFile: string
  syncJournal?: boolean
  seed: number
  /** Send packs that no one can read, too (default). */
  nonsense?: boolean
  /** Between packs of 1 to `LARGEST_PACK` observations. */
  pauseMs: number
}

const LARGEST_PACK = 10
const WINDOW = 16
const TURNED_AT_ONCE = 4
const RECONNECT_MS = 30
const CONNECT_TIMEOUT_MS = 5000

const options = JSON.parse(process.argv[2] ?? '{}') as ClientOptions
const { source, port, password, journalFile, syncJournal, seed, pauseMs, nonsense = true } = options
const topic = observationsTopic(source.name)

const { tell, onMessage } = meetParent()

const before = readJournal(journalFile)
const journal = openJournal(journalFile, { sync: syncJournal ?? false })
let next = Math.max(0, ...before.offered.map(([, to]) => to)) + 1
const acknowledged: Range[] = [...before.acknowledged]
const known = new Set(acknowledged.map(String))
/** Sent and not acknowledged: the first to go when there is a connection. */
let waiting: Range[] = before.offered.filter((range) => !known.has(String(range)))
const random = keyedRandom(seed, next)
const below = (limit: number): number => Math.floor(random.uniform() * limit)
let finishing = false
let told = false

onMessage((message) => {
  if (message.kind !== 'finish' && message.kind !== 'resend') return
  finishing = true
  told = false
  if (message.kind === 'finish') return
  const resent = keyedRandom(message.seed)
  for (let i = 0; i < message.packs; i += 1) {
    const range = acknowledged[Math.floor(resent.uniform() * acknowledged.length)]
    if (range) waiting.push(range)
  }
})

/** A whole pack that no one can read, by the number that it begins with. */
const isNonsense = ([from]: Range): boolean => nonsense && from % 29 === 0

const payloadOf = (range: Range): string => {
  const [from, to] = range
  const readings = Array.from({ length: to - from + 1 }, (_, i) => observationOf(source, from + i))
  if (from % 3 === 0) readings.reverse()
  const pack = encodePack(readings)
  return isNonsense(range) ? pack.slice(0, -1) : pack
}

/** New packs, a few at once and in no order. */
const makeNew = (): void => {
  const made = Array.from({ length: TURNED_AT_ONCE }, (): Range => {
    const range: Range = [next, next + below(LARGEST_PACK)]
    next = range[1] + 1
    return range
  })
  for (let i = made.length - 1; i > 0; i -= 1) {
    const j = below(i + 1)
    ;[made[i], made[j]] = [made[j] as Range, made[i] as Range]
  }
  for (const [from, to] of made) journal.offered(from, to)
  waiting.push(...made)
  const repeated = acknowledged[below(acknowledged.length)]
  if (repeated && below(4) === 0) waiting.push(repeated)
}

/** Sends until the connection ends; what was under way then waits again. */
const converse = async (client: MqttClient): Promise<void> => {
  const underWay = new Set<Range>()
  while (client.connected) {
    if (waiting.length === 0 && !finishing) makeNew()
    const range = underWay.size < WINDOW ? waiting.shift() : undefined
    if (range) {
      underWay.add(range)
      const sentMs = Date.now()
      journal.sent(...range, sentMs)
      client.publish(topic, payloadOf(range), { qos: 1 }, (error) => {
        if (error || !underWay.delete(range)) return
        const atMs = Date.now()
        journal.acknowledged(...range, { sentMs, atMs })
        acknowledged.push(range)
        tell({ kind: 'acknowledged', atMs })
      })
    } else if (finishing && underWay.size === 0 && !told) {
      told = true
      tell({ kind: 'finished' })
    }
    await sleep(pauseMs)
  }
  waiting = [...underWay, ...waiting]
  underWay.clear()
}

/** Resolves when the connection is accepted, or over. */
const open = (): Promise<MqttClient> => {
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
    clientId: source.name,
    username: source.name,
    password,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
  })
  client.on('error', () => undefined)
  return new Promise((resolve) => {
    client.once('connect', () => resolve(client))
    client.once('close', () => resolve(client))
  })
}

for (;;) {
  const client = await open()
  await converse(client)
  client.end(true)
  await sleep(RECONNECT_MS * (1 + random.uniform()))
}
