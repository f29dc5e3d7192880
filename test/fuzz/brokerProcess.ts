import { Session } from 'node:inspector/promises'
import path from 'node:path'
import { pino } from 'pino'
import { createBroker } from '../../broker/createBroker.ts'
import { createOpenBroker } from '../../broker/openBroker.ts'
import type { BrokerLimits } from '../../broker/limits.ts'
import { openCatalogue } from '../../store/catalogue/open.ts'
import { createEmbeddedStore } from '../../store/embedded/embeddedStore.ts'
import { createIntake } from '../../store/intake.ts'
import { coverageOf } from './coverage.ts'
import type { Plant } from './fuzz.ts'

/**
 * The city's broker with its store, and the open broker, in a process that the fuzzer may bring down. Arguments: a
 * folder, and a bug to plant. Asked over IPC for its memory, its coverage, and what it has stored.
 */
const [folder, plant] = process.argv.slice(2) as [string, Plant?]
const log = pino({ level: 'silent' })
const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })

const catalogue = openCatalogue({ file: path.join(folder, 'catalogue.sqlite'), log })
const observations = await createEmbeddedStore({ folder: path.join(folder, 'observations'), log })
const intake = createIntake({ catalogue, observations, log })
const passwords = {
  fuzz: catalogue.devices.add('fuzz', 'fuzz'),
  good: catalogue.devices.add('good', 'good'),
}
if (plant === 'throws') {
  const { devices } = catalogue
  const known = { ...devices }
  devices.find = (id) => {
    if (Array.from(id).some((character) => character < ' ')) throw new Error('planted: a control character')
    return known.find(id)
  }
}
const HUGE = 300_000_000
const limits: Partial<BrokerLimits> =
  plant === 'no-cap' ? { maxPacketBytes: HUGE, maxConnectBytes: HUGE } : {}
const broker = await createBroker({
  catalogue,
  intake,
  observations,
  host: '127.0.0.1',
  port: 0,
  log,
  now: Date.now,
  limits,
})
const open = await createOpenBroker({ port: 0, log, limits })

const answers: Readonly<Record<string, () => Promise<unknown>>> = {
  memory: async () => process.memoryUsage().rss,
  counts: async () => ({ city: broker.counts(), open: open.packets() }),
  coverage: async () => coverageOf((await session.post('Profiler.takePreciseCoverage')).result),
  stored: async () => {
    const datastream = catalogue.datastreams.find('good/co2')
    if (datastream === undefined) return []
    const range = { datastreamId: datastream.id, fromMs: 0, toMs: 8e15, limit: 1_000_000 }
    return (await observations.raw(range)).map(({ value }) => value)
  },
}

process.on('message', (question: string) => {
  void answers[question]?.().then((answer) => process.send?.({ question, answer }))
})
process.on('disconnect', () => process.exit(0))
process.send?.({ question: 'ready', answer: { city: broker.port, open: open.port, passwords } })
