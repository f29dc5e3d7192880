import { pino } from 'pino'
import { expect, it } from 'vitest'
import { MAX_BATCH_ROWS } from '../../store/embedded/compaction.ts'
import { createCompactor } from '../../store/embedded/compactor.ts'
import { openDatabase } from '../../store/embedded/database.ts'
import { createSession, type Session } from '../../store/embedded/session.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const ROWS = 20_000

/** A session whose database has memory for so many rows of a batch, and says so as DuckDB does. */
const shortOfMemory = (session: Session, rows: number): Session => ({
  ...session,
  async run(sql) {
    await session.run(sql)
    if (!sql.includes('temp table batch')) return
    const batch = (await session.number('select count(*)::double from batch')) ?? 0
    if (batch > rows) throw new Error('Out of Memory Error: failed to pin block of size 256.0 KiB')
  },
})

it.each([
  ['whole', ROWS],
  ['in parts as large as memory allows', 5_000],
])('moves what is hot %s', async (_how, rowsThatFit) => {
  await using folder = await temporaryFolder()
  const instance = await openDatabase(folder.path, '64MB')
  const session = await createSession(await instance.connect())
  // Spread over one whole batch by their order of arrival.
  await session.run(`insert into hot select i % 10, i * 60000.0, i, i * ${MAX_BATCH_ROWS / ROWS}
    from range(${ROWS}) r(i)`)
  const compactor = createCompactor({
    session: shortOfMemory(session, rowsThatFit),
    log: pino({ level: 'silent' }),
    compactAtRows: ROWS,
    hotRows: ROWS,
  })
  await compactor.run()
  expect(compactor.hotRows()).toBe(0)
  expect(await session.number('select count(*)::double from cold')).toBe(ROWS)
  expect(await session.number('select sum(count)::double from rollup')).toBe(ROWS)
  await compactor.close()
  session.close()
  instance.closeSync()
})
