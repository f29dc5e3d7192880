import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { generate, type Packet } from 'mqtt-packet'

/** What one connection sends: valid packets, mutated ones and random bytes, in pieces. The same for the same seed. */
export interface FuzzCase {
  pieces: Buffer[]
  packets: number
  /** The first packet is a valid CONNECT. */
  connects: boolean
}

export interface Login {
  username: string
  password: string
}

type Pick = (below: number) => number

export const fuzzCase = (seed: number, login: Login | undefined): FuzzCase => {
  const rng = xoroshiro128plus(seed)
  const pick: Pick = (below) => uniformInt(rng, 0, Math.max(0, below - 1))
  const connects = pick(4) > 0
  const packets: Buffer[] = [
    connects ? generate(connect(pick, login)) : mutated(generate(connect(pick, login)), pick),
  ]
  // What follows a packet that ends the connection is never read: little of that is enough.
  let count = connects ? 1 + pick(60) : 1 + pick(3)
  // A wrong packet ends the connection: most cases are long in valid ones before theirs comes.
  const wrongOneIn = [2, 10, 40][pick(3)] ?? 2
  for (let i = 0; i < count; i += 1) {
    const valid = generate(validPacket(pick, login))
    const kind = pick(wrongOneIn) > 0 ? 2 : pick(2)
    if (kind === 2) packets.push(valid)
    else {
      packets.push(kind === 1 ? mutated(valid, pick) : randomBytes(pick))
      count = Math.min(count, i + 1 + pick(4))
    }
    // Two packets spliced: the head of one, the tail of another.
    if (pick(wrongOneIn * 4) === 0) {
      const other = generate(validPacket(pick, login))
      packets.push(Buffer.concat([valid.subarray(0, pick(valid.length)), other.subarray(pick(other.length))]))
    }
  }
  return { pieces: fragments(Buffer.concat(packets), pick), packets: packets.length, connects }
}

const TOPICS = ['observations', 'birth', 'status', 'commands/c1', 'commands/c1/result'] as const

const topicOf = (pick: Pick, login: Login | undefined): string => {
  const device = login?.username ?? 'open'
  const own = `nadi/v1/${device}/${TOPICS[pick(TOPICS.length)]}`
  return (
    [own, own, own, 'nadi/v1/other/status', '$SYS/x', '/', 'a/b', '\u{1f600}/é', 'x'.repeat(pick(3000) + 1)][
      pick(9)
    ] ?? own
  )
}

const FILTERS = [
  '#',
  '+/+',
  'nadi/v1/+/status',
  'nadi/v1/fuzz/commands/+',
  '$share/g/#',
  '$SYS/#',
  'a/b',
  '/+',
]

const PAYLOADS = [
  '',
  'online',
  'offline',
  '[]',
  '{}',
  '{"status":"done"}',
  'null',
  '[{"n":"fuzz/co2","v":1}]',
] as const

const payloadOf = (pick: Pick): Buffer => {
  const known = PAYLOADS[pick(PAYLOADS.length + 4)]
  if (known !== undefined) return Buffer.from(known)
  const record = { n: `fuzz/${'abcdef'[pick(6)]}/co2`, t: 1_760_000_000 + pick(1e6), v: pick(2000) }
  const payload = Buffer.from(JSON.stringify([record]))
  return pick(3) === 0 ? mutated(payload, pick) : payload
}

const connect = (pick: Pick, login: Login | undefined): Packet => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: pick(3) > 0,
  clientId: `${login?.username ?? 'open'}:${pick(12)}`,
  keepalive: pick(3) === 0 ? 0 : 60,
  ...(login && { username: userName(pick, login), password: Buffer.from(login.password) }),
  ...(pick(3) === 0 && {
    will: {
      topic: topicOf(pick, login),
      payload: payloadOf(pick),
      qos: pick(3) as 0 | 1 | 2,
      retain: pick(2) === 0,
    },
  }),
})

/** Now and then one that is well-formed and nobody's. */
const userName = (pick: Pick, { username }: Login): string =>
  pick(8) > 0 ? username : String.fromCodePoint(...Array.from({ length: 1 + pick(8) }, () => 1 + pick(0x180)))

const validPacket = (pick: Pick, login: Login | undefined): Packet => {
  const messageId = 1 + pick(30)
  const qos = pick(3) as 0 | 1 | 2
  switch (pick(12)) {
    case 0:
      return {
        cmd: 'subscribe',
        messageId,
        subscriptions: Array.from({ length: 1 + pick(3) }, () => ({
          topic: FILTERS[pick(FILTERS.length)] ?? '#',
          qos,
        })),
      }
    case 1:
      return { cmd: 'unsubscribe', messageId, unsubscriptions: [FILTERS[pick(FILTERS.length)] ?? '#'] }
    case 2:
      return { cmd: 'pingreq' }
    case 3:
      return { cmd: 'puback', messageId }
    case 4:
      return { cmd: 'pubrec', messageId }
    case 5:
      return { cmd: 'pubrel', messageId }
    case 6:
      return { cmd: 'pubcomp', messageId }
    case 7:
      return pick(10) === 0 ? { cmd: 'disconnect' } : { cmd: 'pingreq' }
    default: {
      const flags = { qos, dup: qos > 0 && pick(4) === 0, retain: pick(4) === 0 }
      const body = { topic: topicOf(pick, login), payload: payloadOf(pick) }
      return { cmd: 'publish', ...body, ...flags, ...(qos > 0 && { messageId }) }
    }
  }
}

/** Flips, inserts, deletes, doubles, cuts off, or gives another length. */
const mutated = (bytes: Buffer, pick: Pick): Buffer => {
  let out = Buffer.from(bytes)
  for (let i = 0, changes = 1 + pick(4); i < changes; i += 1) {
    const at = pick(out.length)
    const rest = out.subarray(at)
    switch (pick(7)) {
      case 0:
        if (out.length > 0) out[at] = (out[at] ?? 0) ^ (1 << pick(8))
        break
      case 1:
        if (out.length > 0) out[at] = pick(256)
        break
      case 2:
        out = Buffer.concat([out.subarray(0, at), Buffer.from([pick(256)]), rest])
        break
      case 3:
        out = Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + pick(4))])
        break
      case 4:
        out = Buffer.concat([out.subarray(0, at), rest, rest.subarray(0, 200)])
        break
      case 5:
        out = Buffer.from(out.subarray(0, at))
        break
      default:
        if (out.length > 1) out[1] = pick(256)
    }
  }
  return out
}

const randomBytes = (pick: Pick): Buffer => Buffer.from(Array.from({ length: 1 + pick(40) }, () => pick(256)))

/** All at once, or cut anywhere. */
const fragments = (bytes: Buffer, pick: Pick): Buffer[] => {
  if (pick(2) === 0) return [bytes]
  const places = Array.from({ length: 1 + pick(6) }, () => pick(bytes.length + 1)).sort((a, b) => a - b)
  return [...places, bytes.length].map((place, i) => bytes.subarray(places[i - 1] ?? 0, place))
}
