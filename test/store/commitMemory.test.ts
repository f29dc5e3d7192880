import { expect, it } from 'vitest'
import { openDatabase } from '../../store/embedded/database.ts'
import { createHotWriter } from '../../store/embedded/hotWriter.ts'
import { commitRows } from '../../store/embedded/outOfMemory.ts'
import { createSession } from '../../store/embedded/session.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const NO_MEMORY = 'Failed to append: Out of Memory Error: failed to pin block of size 256.0 KiB'

/** A real database whose first appender fails as it says, and what happened to the commit. */
const commitWith = async (failures: readonly string[]) => {
  await using folder = await temporaryFolder()
  const instance = await openDatabase(folder.path, '64MB')
  const connection = await instance.connect()
  const left = [...failures]
  const failing = new Proxy(connection, {
    get(target, name) {
      if (name !== 'createAppender') {
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      }
      return async (table: string) => {
        const appender = await target.createAppender(table)
        const flush = appender.flushSync.bind(appender)
        appender.flushSync = () => {
          const failure = left.shift()
          if (failure !== undefined) throw new Error(failure)
          flush()
        }
        return appender
      }
    },
  })
  const writer = createHotWriter(failing, 0)
  let waits = 0
  const compactor = {
    exclusively<R>(work: () => Promise<R>): Promise<R> {
      waits += 1
      return work()
    },
  }
  const points = Array.from({ length: 5_000 }, (_, i) => ({ datastreamId: 1, timeMs: i * 1000, value: i }))
  const error: unknown = await commitRows({ writer, compactor }, points).then(
    () => undefined,
    (cause: unknown) => cause,
  )
  await writer.close()
  const session = await createSession(await instance.connect())
  const rows = await session.number('select count(*)::double from hot')
  const distinct = await session.number('select count(distinct t)::double from hot')
  session.close()
  instance.closeSync()
  return { error, waits, rows, distinct }
}

it('writes rows that found no memory when compaction has ended, each once', async () => {
  expect(await commitWith([NO_MEMORY])).toEqual({
    error: undefined,
    waits: 1,
    rows: 5_000,
    distinct: 5_000,
  })
})

it.each([
  ['there is still no memory', [NO_MEMORY, NO_MEMORY], 1],
  ['the commit itself failed, whose outcome is unknown', ['TransactionContext Error: Out of Memory'], 0],
  ['something else is wrong', ['Failed to append: disk full'], 0],
])('fails, with nothing written, when %s', async (_what, failures, waits) => {
  const made = await commitWith(failures)
  expect(made).toMatchObject({ waits, rows: 0 })
  expect(made.error).toEqual(new Error(failures.at(-1)))
})
