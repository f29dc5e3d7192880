import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import { describe, expect, it, type TestContext } from 'vitest'
import type { Reading } from '../../city/observation.ts'
import { createAgent } from '../../edge/agent.ts'
import { createSpool } from '../../edge/spool.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { until } from '../support/until.ts'
import { createTestBroker } from './testBroker.ts'

const MIB = 1024 * 1024
const quiet = pino({ level: 'silent' })

/** A disk of a few megabytes in memory. */
const smallDisk = async (context: TestContext, mebibytes: number) => {
  const folder = await temporaryFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder.path], {
      stdio: 'pipe',
    })
  } catch {
    await folder[Symbol.asyncDispose]()
    return context.skip('this machine lets nobody here mount a small disk')
  }
  const other = path.join(folder.path, 'of-somebody-else')
  return {
    spoolFile: path.join(folder.path, 'spool.sqlite'),
    /** Somebody else takes all that is left. */
    fill(): void {
      const { bavail, bsize } = statfsSync(folder.path)
      writeFileSync(other, Buffer.alloc(bavail * bsize))
      expect(statfsSync(folder.path).bavail).toBe(0)
    },
    empty: () => rmSync(other),
    async [Symbol.asyncDispose]() {
      execFileSync('umount', ['-l', folder.path])
      await folder[Symbol.asyncDispose]()
    },
  }
}

let sequence = 0
const readings = (count: number): Reading[] =>
  Array.from({ length: count }, () => {
    sequence += 1
    return { datastream: 'office/co2', timeMs: 1_764_000_000_000 + sequence, value: sequence, unit: 'ppm' }
  })

describe('a full disk', () => {
  it('lets the spool be drained, its oldest rows make room, and none is lost uncounted', async (context) => {
    await using disk = await smallDisk(context, 16)
    let nowMs = 0
    const { spoolFile: file } = disk
    using spool = createSpool({ file, maxBytes: 1e9, reserveBytes: 2 * MIB, log: quiet, now: () => nowMs })
    expect(existsSync(`${file}.reserve`)).toBe(true)
    let appended = 0
    const append = (count: number): void => {
      spool.append(readings(count))
      appended += count
    }
    for (let round = 0; round < 50; round++) append(500)
    expect(spool.stats()).toMatchObject({ count: 25_000, dropped: 0, diskFull: false })
    disk.fill()

    for (let round = 0; round < 100; round++) append(500)
    const full = spool.stats()
    expect(full.diskFull).toBe(true)
    expect(existsSync(`${file}.reserve`)).toBe(false)
    expect(full.count + full.dropped).toBe(appended)
    expect(full.count).toBeGreaterThan(20_000)
    // What is left is the newest, in one piece.
    expect(spool.oldest(1)[0]?.value).toBe(sequence - full.count + 1)

    let released = 0
    while (spool.stats().count > 0) {
      const rows = spool.oldest(200)
      spool.release([{ fromId: rows[0]?.id ?? 0, toId: rows.at(-1)?.id ?? 0 }])
      released += rows.length
      // It goes on taking what is measured meanwhile.
      if (released % 1_000 === 0) append(100)
    }
    expect(spool.stats().dropped + released).toBe(appended)
    expect(spool.stats().diskFull).toBe(true)

    disk.empty()
    nowMs += 60_000
    append(1)
    expect(spool.stats()).toMatchObject({ diskFull: false, count: 1 })
    expect(existsSync(`${file}.reserve`)).toBe(true)
  })

  it('does not end the agent, which holds a source back that can wait, and sends everything', async (context) => {
    await using disk = await smallDisk(context, 12)
    const rows = 60_000
    let held = true
    const gate = Promise.withResolvers<void>()
    await using broker = await createTestBroker({
      beforeAcknowledgement: () => (held ? gate.promise : Promise.resolve()),
    })
    let given = 0
    await using agent = await createAgent({
      config: {
        device: 'office',
        proof: { password: 'right' },
        urls: [broker.url],
        building: 'office',
        spool: { file: disk.spoolFile, maxBytes: 1e9, reserveBytes: MIB },
        publishIntervalMs: 0,
        backlogPerSecond: 100_000,
        driver: { kind: 'test' },
        folder: '.',
      },
      driver: {
        canWait: true,
        describe: () => ({ things: [{ name: 'office' }], datastreams: [{ name: 'office/co2' }] }),
        async *read() {
          for (; given < rows; given += 500) {
            if (given === 5_000) disk.fill()
            yield readings(500)
          }
        },
        [Symbol.asyncDispose]: async () => undefined,
      },
      log: quiet,
      now: Date.now,
      random: Math.random,
      limits: { retryFirstMs: 20, retryLongestMs: 100 },
    })
    await until(() => agent.stats().diskFull || agent.stats().count > 10_000)
    held = false
    gate.resolve()
    await agent.finished
    expect(agent.stats()).toMatchObject({ read: rows, dropped: 0, count: 0 })
    expect(new Set(broker.received.map(({ value }) => value)).size).toBe(rows)
  })
})
