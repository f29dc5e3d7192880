import { backup, DatabaseSync } from 'node:sqlite'

/**
 * Copies of a SQLite database (in WAL mode) as it is at one moment: `pin` holds that state with a reader of its own, at
 * once and without hindering whoever writes, and `writeTo` copies it later, in another thread.
 */
export interface PinnedDatabase {
  writeTo(file: string): Promise<void>
  close(): void
}

/** Pages of one step, 4 MB: between two steps the copy can be given up. */
const PAGES_A_STEP = 1_000

export const pinDatabase = (file: string): PinnedDatabase => {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    db.exec('BEGIN')
    // A transaction holds its state from its first read on.
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
  } catch (error) {
    db.close()
    throw error
  }
  return {
    async writeTo(to) {
      await backup(db, to, { rate: PAGES_A_STEP })
    },
    close() {
      if (db.isOpen) db.close()
    },
  }
}
