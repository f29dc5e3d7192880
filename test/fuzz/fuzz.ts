import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { BrokerCounts } from '../../broker/createBroker.ts'
import type { PacketCounts } from '../../broker/router.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { announceTooMuch, sendCase, type Ending } from './connection.ts'
import type { Coverage } from './coverage.ts'
import { fuzzCase, type Login } from './mutate.ts'
import { behaveWell } from './wellBehaved.ts'

/** Bugs that the fuzzer must find: a cap that is not there, a look-up that throws on a certain byte. */
export type Plant = 'no-cap' | 'throws'

export interface FuzzOptions {
  /** How many the broker is to accept or reject; what it never reads does not count. */
  packets: number
  seed: number
  plant?: Plant
  /** Connections at once. */
  lanes?: number
  tell?: (line: string) => void
}

export interface FuzzReport {
  /** Mutated, random and valid ones. */
  packets: number
  connections: number
  /** What became of them, and of the PINGREQ and headers over the cap that were sent beside them. */
  judged: { sent: number; accepted: number; rejected: number; unread: number } | undefined
  /** How connections came to their end. */
  endings: Record<Ending, number>
  /** Packets that the broker answered. */
  answered: number
  /** What is wrong; nothing when the broker holds. Each with the seed of its case. */
  findings: string[]
  wellBehaved: { acknowledged: number; stored: number; lost: number; p50Ms: number; p99Ms: number }
  memory: { atHalfBytes: number; atEndBytes: number }
  counts: FuzzCounts | undefined
  coverage: Coverage | undefined
}

/** Of the city's broker and of the open one. */
export interface FuzzCounts {
  city: BrokerCounts
  open: PacketCounts
}

/** Resident memory may grow by so much from half-way to the end: V8's heap breathes, a leak of each packet does not. */
const MAX_GROWTH_BYTES = 80_000_000

export const fuzz = async ({ packets, seed, plant, lanes = 16, tell }: FuzzOptions): Promise<FuzzReport> => {
  await using folder = await temporaryFolder()
  const child = fork(
    path.join(import.meta.dirname, 'brokerProcess.ts'),
    [folder.path, ...(plant ? [plant] : [])],
    {
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    },
  )
  let errors = ''
  child.stderr?.on('data', (bytes: Buffer) => {
    errors = `${errors}${bytes.toString()}`.slice(-2000)
  })
  child.setMaxListeners(50)
  try {
    const ready = (await answerTo(child, 'ready')) as Ready
    const report = await attack(child, ready, { packets, seed, lanes, tell })
    if (child.exitCode !== null) report.findings.push(`the broker ended: ${errors.trim().slice(0, 400)}`)
    return report
  } finally {
    if (child.exitCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
}

interface Ready {
  city: number
  open: number
  passwords: { fuzz: string; good: string }
}

const attack = async (
  child: ChildProcess,
  { city, open, passwords }: Ready,
  {
    packets,
    seed,
    lanes,
    tell,
  }: Required<Pick<FuzzOptions, 'packets' | 'seed' | 'lanes'>> & { tell: FuzzOptions['tell'] },
): Promise<FuzzReport> => {
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null
  const endings: Record<Ending, number> = { 'by the broker': 0, 'by us': 0 }
  let beside = 0
  const report = { packets: 0, connections: 0, answered: 0, findings: [] as string[] }
  const memory: number[] = []
  const login: Login = { username: 'fuzz', password: passwords.fuzz }
  const good = behaveWell(city, passwords.good)
  let next = 0
  let told = 0
  let handled = 0
  const count = async (): Promise<FuzzCounts | undefined> =>
    isAlive() ? ((await answerTo(child, 'counts')) as FuzzCounts) || undefined : undefined

  const isDone = (): boolean => handled >= packets || !isAlive()

  const lane = async (): Promise<void> => {
    while (!isDone()) {
      next += 1
      const index = next
      const port = index % 2 === 0 ? city : open
      if (index % 25 === 0) {
        beside += 1
        const wrong = await announceTooMuch(port)
        if (wrong !== undefined && isAlive()) report.findings.push(`${wrong} (case ${index})`)
      }
      const one = fuzzCase(seed * 1_000_003 + index, port === city ? login : undefined)
      const { ending, answered } = await sendCase(port, one)
      endings[ending] += 1
      report.packets += one.packets
      beside += 1
      report.connections += 1
      report.answered += answered
    }
  }
  const sampling = setInterval(() => {
    void answerTo(child, 'memory').then((bytes) => memory.push(bytes as number))
    void count().then((counts) => {
      if (counts) handled = acceptedOf(counts) + rejectedOf(counts)
      if (handled - told < packets / 10) return
      told = handled
      tell?.(`${handled} packets accepted or rejected, on ${report.connections} connections`)
    })
  }, 200)
  await Promise.all(Array.from({ length: lanes }, lane))
  clearInterval(sampling)
  const acknowledged = await good.end()
  const stored = new Set(isAlive() ? ((await answerTo(child, 'stored')) as number[]) : [])
  const lost = acknowledged.values.filter((value) => !stored.has(value)).length
  if (isAlive() && lost > 0) report.findings.push(`${lost} acknowledged observations are not stored`)
  if (isAlive() && acknowledged.values.length === 0)
    report.findings.push('the well-behaved client was not served')
  const atHalfBytes = Math.max(0, ...memory.slice(0, Math.ceil(memory.length / 2)))
  const atEndBytes = memory.at(-1) ?? 0
  if (atEndBytes - atHalfBytes > MAX_GROWTH_BYTES) {
    report.findings.push(`memory grew by ${atEndBytes - atHalfBytes} bytes in the second half`)
  }
  const counts = await count()
  return {
    ...report,
    counts,
    judged: counts && judgedOf(report.packets + beside, counts, acknowledged.values.length),
    endings,
    wellBehaved: {
      acknowledged: acknowledged.values.length,
      stored: stored.size,
      lost,
      p50Ms: acknowledged.p50Ms,
      p99Ms: acknowledged.p99Ms,
    },
    memory: { atHalfBytes, atEndBytes },
    coverage: isAlive() ? ((await answerTo(child, 'coverage')) as Coverage) : undefined,
  }
}

/** Each the end of its connection, or a CONNECT of nobody. */
const rejectedOf = ({ city, open }: FuzzCounts): number => city.refused + open.refused + city.refusedLogins

const acceptedOf = ({ city, open }: FuzzCounts): number => city.packets + open.accepted - city.refusedLogins

/**
 * Unread: what followed a rejected one or a DISCONNECT, and what ended in half. The well-behaved device's CONNECT and
 * publishes are not among them.
 */
const judgedOf = (sent: number, counts: FuzzCounts, wellBehaved: number) => {
  const rejected = rejectedOf(counts)
  const accepted = acceptedOf(counts) - wellBehaved - 1
  return { sent, accepted, rejected, unread: sent - accepted - rejected }
}

/** Resolves with the child's answer; with 0 when it has ended. */
const answerTo = (child: ChildProcess, question: string): Promise<unknown> =>
  new Promise((resolve) => {
    const done = (answer: unknown): void => {
      child.off('message', hear)
      child.off('exit', ended)
      resolve(answer)
    }
    const hear = (message: unknown): void => {
      const told = message as { question: string; answer: unknown }
      if (told.question === question) done(told.answer)
    }
    const ended = (): void => done(0)
    child.on('message', hear)
    child.once('exit', ended)
    if (question !== 'ready' && child.connected) child.send(question)
  })
