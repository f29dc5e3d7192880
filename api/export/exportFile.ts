import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { NadiError } from '../../city/errors.ts'
import { writeTableFile } from '../../store/tableFile.ts'
import type { ApiContext } from '../context.ts'
import { exportColumns } from './columns.ts'
import { exportLines, type ExportRows } from './rows.ts'
import { type ExportSnapshot, toSnapshotId } from './snapshotId.ts'

export type ExportFormat = 'csv' | 'jsonl' | 'parquet'

/** An export that is ready to be sent: its file has no name any more and is gone when the handle is closed. */
export interface ExportFile {
  handle: FileHandle
  bytes: number
  snapshot: string
  rows: number
}

/** Most rows of one export: some gigabytes of scratch space. */
const MAX_ROWS = 50_000_000

/**
 * Writes an export into the scratch folder: rows stream through a file, so that it takes little memory, is of one piece,
 * and tells its snapshot before the first byte leaves. With `expected` it must be exactly those data, else `conflict`.
 */
export const writeExport = async (
  context: ApiContext,
  rows: ExportRows,
  { format, expected }: { format: ExportFormat; expected?: ExportSnapshot | undefined },
): Promise<ExportFile> => {
  const name = path.join(context.scratchDir, `export-${randomUUID()}`)
  const files = [`${name}.csv`, `${name}.${format}`]
  const hash = createHash('sha256')
  let lines = -1
  try {
    await pipeline(
      async function* () {
        for await (const page of exportLines(context, rows)) {
          lines += page.length
          if (lines > MAX_ROWS) throw tooManyRows()
          const text = `${page.join('\n')}\n`
          hash.update(text)
          yield text
        }
      },
      createWriteStream(`${name}.csv`, { mode: 0o600, flags: 'wx' }),
      { signal: rows.signal },
    )
    const sha256 = hash.digest('hex')
    if (expected && expected.sha256 !== sha256) throw changed(expected, lines)
    const { question } = rows
    const snapshot = toSnapshotId({ question, rows: lines, sha256 })
    if (format !== 'csv') {
      await writeTableFile({
        csv: `${name}.csv`,
        out: `${name}.${format}`,
        columns: exportColumns(question.bucket, question.covariates),
        format,
        metadata: { nadi_snapshot: snapshot },
        scratchDir: context.scratchDir,
      })
    }
    const handle = await open(`${name}.${format}`)
    const { size } = await handle.stat()
    return { handle, bytes: size, snapshot, rows: lines }
  } finally {
    // What is open stays readable without its name, and nothing is left when the process dies meanwhile.
    await Promise.all(files.map((file) => rm(file, { force: true })))
  }
}

const tooManyRows = (): NadiError =>
  new NadiError(
    'too-large',
    `An export has at most ${MAX_ROWS} rows. Ask for a shorter period, fewer Datastreams or wider buckets.`,
  )

const changed = (expected: ExportSnapshot, rows: number): NadiError =>
  new NadiError(
    'conflict',
    `The data of this snapshot are not the same any more: it had ${expected.rows} rows, there are ${rows} now. ` +
      'Late readings, retention, a new label or finding, or a role that sees less change what it names. Export again for a new snapshot.',
  )
