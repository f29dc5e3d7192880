import path from 'node:path'
import { HOURS_FILE, sqlText } from '../snapshot.ts'
import { LAST_LEVEL } from './compaction.ts'
import { openDatabase, ownFolder } from './database.ts'
import { insertRollup } from './rollupSql.ts'
import { createSession, int } from './session.ts'

/** The one sorted run that a loaded store consists of. */
const RUN = 1

/**
 * Makes the store in `folder`, where there is none, from the files of a snapshot in their order; returns how many points
 * it holds. Call `onFile` after each.
 */
export const loadEmbedded = async (
  folder: string,
  files: readonly string[],
  onFile: (points: number) => void,
): Promise<number> => {
  await ownFolder(folder)
  const instance = await openDatabase(folder, '1GB')
  try {
    const session = await createSession(await instance.connect())
    let points = 0
    const hours = files.find((file) => path.basename(file) === HOURS_FILE)
    if (hours !== undefined) {
      await session.run(`
        insert into rollup select * exclude (horizon_ms), ${int(RUN)} from read_parquet(${sqlText(hours)}) order by ds, first_t;
        insert into retention select max(horizon_ms)::double from read_parquet(${sqlText(hours)}) having count(*) > 0;
      `)
    }
    for (const file of files.filter((file) => file !== hours)) {
      const rows = `select ds, t, v from read_parquet(${sqlText(file)})`
      await session.transaction(async () => {
        await session.run(`insert into cold select ds, t, v, ${int(RUN)} from (${rows}) order by ds, t`)
        await session.run(insertRollup(rows, int(RUN)))
      })
      points += (await session.number(`select count(*)::double from (${rows})`)) ?? 0
      onFile(points)
    }
    await session.run(`
      insert into extent select ds, max(t) from cold group by ds;
      insert into run select ${int(RUN)}, ${int(LAST_LEVEL)}, ${int(points)} where ${int(points)} > 0;
      checkpoint;
    `)
    session.close()
    return points
  } finally {
    instance.closeSync()
  }
}
