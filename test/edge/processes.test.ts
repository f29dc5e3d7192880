import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { run } from '../../cli.ts'
import { statusTopic } from '../../city/topics.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { until } from '../support/until.ts'
import { writeBuildingYaml } from './buildingYaml.ts'
import { createTestBroker, type TestBroker } from './testBroker.ts'

const root = path.resolve(import.meta.dirname, '../..')
/** A process may take its time to start on a busy machine. */
const STARTED = { timeoutMs: 50_000, what: 'the first observation' }
const DEVICE = 'shared-office-edge'

/** Runs `nadi` and returns how it ended. */
const nadi = async (...args: string[]): Promise<{ code: unknown; stderr: string }> => {
  const child = spawn(process.execPath, [path.join(root, 'bin/nadi.mjs'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const [code] = await once(child, 'close')
  return { code, stderr }
}

const status = (broker: TestBroker): string | undefined =>
  broker.publishes.findLast(({ topic }) => topic === statusTopic(DEVICE))?.payload

const runs = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null

describe('nadi edge', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('runs one building and ends with 0 on %s', async (signal) => {
    await using folder = await temporaryFolder()
    await using broker = await createTestBroker({ password: 'right' })
    const config = writeBuildingYaml(folder.path, broker.url)
    const child = spawn(process.execPath, [path.join(root, 'bin/nadi.mjs'), 'edge', '--config', config], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NADI_LOG: 'warn' },
    })
    try {
      await until(() => broker.received.length > 0, STARTED)
      child.kill(signal)
      child.kill(signal)
      expect(await once(child, 'exit')).toEqual([0, null])
    } finally {
      child.kill('SIGKILL')
    }
    expect(status(broker)).toBe('offline')
    expect(existsSync(path.join(folder.path, 'spool.sqlite'))).toBe(true)
  })

  it('ends with 2 and names the place when building.yaml is wrong', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'building.yaml')
    writeFileSync(
      file,
      'device: a\npassword: b\nbroker: nowhere\nbuilding: a\nspool: {file: s}\ndriver: {kind: simulated}\n',
    )
    const { code, stderr } = await nadi('edge', '--config', file)
    expect(code).toBe(2)
    expect(stderr).toContain('building.yaml:3:9')
  })

  it.each([
    ['neither --config nor --replay', []],
    ['both', ['--config', 'a', '--replay', 'b']],
    ['a replay without a broker', ['--replay', 'b', '--mapping', 'm']],
    ['a speed that is no number', ['--replay', 'b', '--speed', 'fast']],
    ['an option that there is not', ['--sped', '1']],
  ])('ends with 2 and says why when given %s', async (_what, args) => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      expect(await run(['edge', ...args])).toBe(2)
      expect(said).toHaveBeenCalled()
    } finally {
      said.mockRestore()
    }
  })
})

describe("the process of a demonstration building's agent", () => {
  /** Forks it as the launcher does and waits until it publishes. */
  const start = async (folder: string, broker: TestBroker): Promise<ChildProcess> => {
    const child = fork(path.join(root, 'edge/main.ts'), [writeBuildingYaml(folder, broker.url)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, NADI_LOG: 'fatal' },
    })
    await until(() => broker.received.length > 0, STARTED)
    return child
  }

  it('leaves SIGINT to the city and stops on SIGTERM', async () => {
    await using folder = await temporaryFolder()
    await using broker = await createTestBroker()
    const child = await start(folder.path, broker)
    try {
      child.kill('SIGINT')
      const before = broker.received.length
      await until(() => broker.received.length > before)
      expect(runs(child)).toBe(true)
      child.kill('SIGTERM')
      expect(await once(child, 'exit')).toEqual([0, null])
      expect(status(broker)).toBe('offline')
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('ends when its parent is gone', async () => {
    await using folder = await temporaryFolder()
    await using broker = await createTestBroker()
    const child = await start(folder.path, broker)
    try {
      child.disconnect()
      expect(await once(child, 'exit')).toEqual([0, null])
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('ends with 1 when its settings are wrong', async () => {
    const child = fork(path.join(root, 'edge/main.ts'), ['/nowhere/building.yaml'], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    expect(await once(child, 'exit')).toEqual([1, null])
  })
})
