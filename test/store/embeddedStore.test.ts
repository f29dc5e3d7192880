import { chmod, mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { FILE, LAYOUTS } from '../../store/embedded/names.ts'
import { createEmbeddedStore } from '../../store/embedded/embeddedStore.ts'
import { observationStoreContract } from '../contracts/observationStore.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { until } from '../support/until.ts'

const log = pino({ level: 'silent' })

observationStoreContract('embedded', async ({ rawDays } = { rawDays: 0 }) => {
  const folder = await temporaryFolder()
  let nowMs = 0
  // So few in memory that most answers come from the file, and some from memory.
  const options = { folder: folder.path, log, rawDays, now: () => nowMs, recentSamples: 20 }
  let store = await createEmbeddedStore(options)
  return {
    store: () => store,
    async reopen() {
      await store.close()
      store = await createEmbeddedStore(options)
    },
    drop(toMs) {
      nowMs = toMs
      return store.drop()
    },
    compact: () => store.compact(),
    async [Symbol.asyncDispose]() {
      await store.close()
      await folder[Symbol.asyncDispose]()
    },
  }
})

it('keeps its folder and its file for its owner alone, one that is there already too', async () => {
  await using folder = await temporaryFolder()
  await chmod(folder.path, 0o755)
  await using store = await createEmbeddedStore({ folder: folder.path, log })
  await store.append([{ datastreamId: 1, timeMs: 0, value: 1 }])
  expect((await stat(folder.path)).mode & 0o777).toBe(0o700)
  expect((await stat(path.join(folder.path, FILE))).mode & 0o777).toBe(0o600)
})

it('compacts by itself, keeps the hot table small and merges the runs it made', async () => {
  await using folder = await temporaryFolder()
  await using store = await createEmbeddedStore({ folder: folder.path, log, compactAtRows: 1000 })
  for (let batch = 0; batch < 40; batch += 1) {
    await store.append(
      Array.from({ length: 500 }, (_, i) => ({
        datastreamId: i % 10,
        timeMs: batch * 3_000_000 + Math.floor(i / 10) * 60_000,
        value: batch,
      })),
    )
  }
  await until(() => store.hotRows() < 1000, { what: 'compaction' })
  const rows = await store.buckets({
    datastreamId: 3,
    kind: 'instant',
    bucket: { unit: 'd', count: 1 },
    timeZone: 'UTC',
    fromMs: 0,
    toMs: 2 * 86_400_000,
  })
  expect(rows.map(({ count }) => count)).toEqual([1440, 560])
  expect(await store.raw({ datastreamId: 3, fromMs: 0, toMs: 3_000_000, limit: 5 })).toHaveLength(5)
})

it('refuses a file that a newer layout wrote, and says what to do', async () => {
  await using folder = await temporaryFolder()
  await (await createEmbeddedStore({ folder: folder.path, log })).close()
  const instance = await DuckDBInstance.create(path.join(folder.path, FILE))
  const connection = await instance.connect()
  await connection.run(`update layout set version = ${LAYOUTS.length + 1}`)
  connection.closeSync()
  instance.closeSync()
  await expect(createEmbeddedStore({ folder: folder.path, log })).rejects.toThrow(/newer Nadi.*update Nadi/)
})

it('says what stands in the way when the file cannot be opened', async () => {
  await using folder = await temporaryFolder()
  await mkdir(path.join(folder.path, FILE))
  await expect(createEmbeddedStore({ folder: folder.path, log })).rejects.toMatchObject({
    code: 'store-unavailable',
    message: expect.stringContaining('NADI_DATA_DIR'),
  })
})
