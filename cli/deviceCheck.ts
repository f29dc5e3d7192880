import { print, printTable, printable } from './output.ts'

/** The answer of `GET /v1/devices/{id}/check`, as far as it is printed. */
export interface DeviceCheck {
  device: string
  building: string
  revoked: boolean
  connection: { open: number; since: string | null; status: string; statusSince: string | null }
  lastRefusal: { at: string; reason: string; mend: string; count: number } | null
  lastPack: {
    at: string
    topic: string
    observations: number
    lateSeconds: number
    timing: 'prompt' | 'ahead' | 'behind' | 'late'
    datastreams: LastOfDatastream[]
  } | null
  sent: LastOfDatastream[]
  topics: { topic: string; at: string; datastreams: LastOfDatastream[] }[]
  notKept: { at: string; topic: string; count: number } | null
  rejected: { id: number; at: string; topic: string; reason: string; mend: string; payload: string }[]
  forbidden: { count: number; lastTopic: string | null; lastAt: string | null }
  declaredAt: string | null
  lastValuesKnown: boolean
  silent: LastOfDatastream[]
  undeclared: string[]
}

interface LastOfDatastream {
  datastream: string
  lastTime: string | null
  value: number | null
  unit: string
}

const TIMINGS: Readonly<Record<NonNullable<DeviceCheck['lastPack']>['timing'], (late: string) => string>> = {
  prompt: () => '',
  ahead: (late) => `clock        its newest time is ${late} ahead of its arrival: set the clock (NTP)`,
  behind: (late) =>
    `clock        its times stay ${late} behind their arrival: set the clock (NTP), unless it is meant to send that late`,
  late: (late) =>
    `late data    its newest time was ${late} before its arrival: a backfill, stored as any other`,
}

/** Prints how a device is doing. */
export const printCheck = (it: DeviceCheck): void => {
  const line = (name: string, text: string): void => print(`${name.padEnd(13)}${printable(text)}`)
  line('device', `${it.device} of ${it.building}${it.revoked ? ', revoked' : ''}`)
  const { open, since, status, statusSince } = it.connection
  line('connected', open > 0 ? `yes, since ${since ?? '?'}` : `no${since === null ? '' : `, since ${since}`}`)
  line('status', `${status}${statusSince === null ? '' : ` since ${statusSince}`}`)
  if (it.lastRefusal) {
    const { at, reason, mend, count } = it.lastRefusal
    line('refused', `${at}: ${reason} (${count} times). ${mend}`)
  }
  const { lastPack, forbidden } = it
  if (lastPack) {
    line('last pack', `${lastPack.at}: ${lastPack.observations} observations on ${lastPack.topic}`)
    const told = TIMINGS[lastPack.timing](`${Math.abs(lastPack.lateSeconds)} s`)
    if (told !== '') print(told)
  } else line('last pack', 'none since the city started')
  if (it.notKept && it.notKept.at > (lastPack?.at ?? '')) {
    const { at, topic, count } = it.notKept
    line(
      'not taken',
      `${at}: the city could keep nothing and acknowledged nothing (${count} times in a row, last on ${topic}). That is no mistake of the device: it sends again. See why with "npx nadi doctor".`,
    )
  }
  if (forbidden.count > 0)
    line('forbidden', `${forbidden.count} publishes; the last on ${forbidden.lastTopic ?? '?'}`)
  if (it.declaredAt === null) line('birth', 'none since the city started')
  if (!it.lastValuesKnown) line('last values', 'unknown: the store cannot be asked now')
  if (it.topics.length > 0) listedTopics(it.topics)
  else listed('accepted', it.sent)
  listed('declared but silent', it.silent)
  if (it.undeclared.length > 0) print(`\nsent but not declared: ${it.undeclared.map(printable).join(', ')}`)
  if (it.rejected.length === 0) return
  print('\nrejected, newest first')
  for (const { id, at, topic, reason, mend, payload } of it.rejected) {
    print(
      `  ${id}  ${at}  ${printable(topic)}  ${printable(reason)}\n     to mend: ${printable(mend)}\n     sent: ${printable(payload.slice(0, 200))}`,
    )
  }
}

const listed = (title: string, datastreams: readonly LastOfDatastream[]): void => {
  if (datastreams.length === 0) return
  print('')
  printTable([title, 'last value', 'unit', 'at'], datastreams.map(lastCells))
}

const listedTopics = (topics: DeviceCheck['topics']): void => {
  print('')
  printTable(
    ['topic', 'accepted', 'last value', 'unit', 'at'],
    topics.flatMap(({ topic, datastreams }) => datastreams.map((it) => [topic, ...lastCells(it)])),
  )
}

const lastCells = ({ datastream, value, unit, lastTime }: LastOfDatastream) =>
  [datastream, value, unit, lastTime] as const
