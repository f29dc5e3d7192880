import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { startAgent } from '../../edge/startAgent.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { createTestBroker } from './testBroker.ts'

it('an agent that replays a file drops no row of it, however small its spool', async () => {
  await using folder = await temporaryFolder()
  await using broker = await createTestBroker()
  const ROWS = 6_000
  const firstMs = Date.UTC(2026, 2, 2)
  const lines = Array.from({ length: ROWS }, (_, i) => `${new Date(firstMs + i * 1_000).toISOString()},${i}`)
  const file = path.join(folder.path, 'rows.csv')
  await writeFile(file, ['time,floor-1', ...lines].join('\n'))
  const mapping = path.join(import.meta.dirname, 'replayed.yaml')
  const driver = { kind: 'replay', file, mapping, building: 'tower', speed: 0 }
  await using agent = await startAgent(
    {
      device: 'tower',
      proof: { password: 'right' },
      urls: [broker.url],
      building: 'tower',
      spool: { file: path.join(folder.path, 'spool.sqlite'), maxBytes: 64 * 1024 },
      publishIntervalMs: 0,
      backlogPerSecond: 100_000,
      driver,
      folder: folder.path,
    },
    { log: pino({ level: 'silent' }), now: Date.now, random: () => 0.5 },
  )
  await agent.finished
  expect(agent.stats()).toMatchObject({ read: ROWS, acknowledged: ROWS, dropped: 0 })
  expect(broker.received).toHaveLength(ROWS)
})
