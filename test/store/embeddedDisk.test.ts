import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { beforeAll, describe, expect, it } from 'vitest'
import type { EmbeddedStore } from '../../store/embedded/embeddedStore.ts'
import { createEmbeddedStore } from '../../store/embedded/embeddedStore.ts'
import { FILE } from '../../store/embedded/names.ts'
import { createLoopDisk, whyNoLoopDisk } from '../support/loopDisk.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { until } from '../support/until.ts'

const MEGABYTE = 1024 * 1024

/** Appends point after point and writes down which were acknowledged. */
const createSender = (store: EmbeddedStore) => {
  const acknowledged = new Set<number>()
  let next = 0
  return {
    acknowledged,
    /** True when the batch was acknowledged. */
    async send(size: number): Promise<boolean> {
      const numbers = Array.from({ length: size }, (_, i) => next + i)
      next += size
      try {
        await store.append(numbers.map((n) => ({ datastreamId: n % 5, timeMs: n, value: n })))
      } catch (error) {
        expect(error).toMatchObject({ code: 'store-unavailable' })
        return false
      }
      for (const n of numbers) acknowledged.add(n)
      return true
    },
    /** How many are stored; throws when an acknowledged one is not, or one twice. */
    async check(): Promise<number> {
      const found: number[] = []
      for (let datastreamId = 0; datastreamId < 5; datastreamId += 1) {
        const samples = await store.raw({ datastreamId, fromMs: 0, toMs: 1e12, limit: 1e7 })
        found.push(...samples.map(({ value }) => value))
      }
      const stored = new Set(found)
      expect(found.length).toBe(stored.size)
      for (const n of acknowledged) if (!stored.has(n)) throw new Error(`${n} is lost`)
      return stored.size
    },
  }
}

const openFiles = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return path.basename(readlinkSync(`/proc/self/fd/${fd}`)).startsWith(FILE)
    } catch {
      return false
    }
  }).length

describe('an embedded store on a disk that fills', () => {
  let unable: string | undefined
  beforeAll(async () => {
    unable = await whyNoLoopDisk()
  })

  it('stops acknowledging before the disk is full, still answers, tells it once and goes on with room', async (ctx) => {
    if (unable) ctx.skip(unable)
    await using disk = await createLoopDisk({ megabytes: 64 })
    const told: string[] = []
    const log = pino({ level: 'info' }, { write: (line: string) => void told.push(line) })
    const folder = path.join(disk.folder, 'store')
    await using store = await createEmbeddedStore({ folder, log, reserveBytes: 16 * MEGABYTE })
    const sender = createSender(store)
    expect(await sender.send(1000)).toBe(true)
    const filler = path.join(disk.folder, 'filler')
    await writeFile(filler, Buffer.alloc(40 * MEGABYTE))
    for (let i = 0; i < 10; i += 1) expect(await sender.send(1000)).toBe(false)
    expect(await sender.check()).toBe(1000)
    await rm(filler)
    expect(await sender.send(1000)).toBe(true)
    expect(await sender.check()).toBe(2000)
    expect(told.filter((line) => line.includes('nearly full'))).toHaveLength(1)
  })

  it('loses nothing acknowledged when the disk is full to the last byte, and recovers without a restart', async (ctx) => {
    if (unable) ctx.skip(unable)
    await using disk = await createLoopDisk({ megabytes: 48 })
    const folder = path.join(disk.folder, 'store')
    await using store = await createEmbeddedStore({
      folder,
      log: pino({ level: 'silent' }),
      compactAtRows: 20_000,
      reserveBytes: 0,
    })
    const sender = createSender(store)
    const filler = path.join(disk.folder, 'filler')
    for (let round = 0; round < 3; round += 1) {
      await writeFile(filler, Buffer.alloc(64 * MEGABYTE)).catch(() => undefined)
      await until(async () => !(await sender.send(5000)), { what: 'a refusal', everyMs: 0 })
      for (let i = 0; i < 5; i += 1) await sender.send(5000)
      await rm(filler)
      await until(() => sender.send(5000), { what: 'an acknowledgement with room' })
      await sender.check()
    }
    await store.close()
    // An opening that lived on beside a later one would lose that one's commits.
    expect(openFiles()).toBe(0)
  })

  it('goes on when a backup begins while the file is opened anew', async (ctx) => {
    if (unable) ctx.skip(unable)
    await using disk = await createLoopDisk({ megabytes: 64 })
    const folder = path.join(disk.folder, 'store')
    const filler = path.join(disk.folder, 'filler')
    await writeFile(filler, Buffer.alloc(40 * MEGABYTE))
    const log = pino({ level: 'silent' })
    await using store = await createEmbeddedStore({ folder, log, reserveBytes: 16 * MEGABYTE })
    const sender = createSender(store)
    expect(await sender.send(10)).toBe(false)
    await rm(filler)
    const sending = sender.send(10)
    let moments = 0
    const snapshot = store.snapshot({
      folder: disk.folder,
      atMoment: () => [(moments += 1)],
      onFile: () => undefined,
      signal: new AbortController().signal,
    })
    await expect(snapshot).rejects.toMatchObject({ code: 'store-unavailable' })
    expect(await sending).toBe(true)
    expect(moments).toBe(0)
    expect(await sender.check()).toBe(10)
  })
})

it('acknowledges nothing while fsync fails, and what it acknowledges afterwards is there', async () => {
  await using folder = await temporaryFolder()
  const last = 40
  // With one thread in the pool, the count of calls is the same in each run; each commit is one.
  const inject = 'inject=fsync,fdatasync:error=EIO:when=15..19'
  const sender = path.join(import.meta.dirname, 'patientChild.ts')
  const child = spawn(
    'strace',
    [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      'trace=fsync,fdatasync',
      '-e',
      inject,
      process.execPath,
      sender,
      folder.path,
      String(last),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, UV_THREADPOOL_SIZE: '1' } },
  )
  const acknowledged: number[] = []
  let refusals = 0
  let read: number[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const [kind, ...numbers] = line.split(' ')
    if (kind === 'acknowledged') acknowledged.push(...numbers.map(Number))
    if (kind === 'refused') refusals += 1
    if (kind === 'read') read = numbers.map(Number)
  }
  if (child.exitCode === null) await once(child, 'exit')
  expect(child.exitCode).toBe(0)
  const all = Array.from({ length: last }, (_, n) => n)
  expect(acknowledged).toEqual(all)
  expect(read).toEqual(all)
  expect(refusals).toBeGreaterThan(3)
  await using store = await createEmbeddedStore({ folder: folder.path, log: pino({ level: 'silent' }) })
  const samples = await store.raw({ datastreamId: 1, fromMs: 0, toMs: 1e12, limit: 1e6 })
  expect(samples.map(({ value }) => value)).toEqual(all)
})
