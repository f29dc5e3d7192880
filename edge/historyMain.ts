import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { NadiError } from '../city/errors.ts'
import { parseCityFile } from '../city/readCityFile.ts'
import { readPassword } from './config.ts'
import { expectedReadings } from './history.ts'
import { publishHistory } from './publishHistory.ts'
import { DEFAULT_SEED, requireSimulated } from './simulation/simulatedBuilding.ts'

/**
 * The process that makes a demonstration's history: `historyMain.ts JOB.json`. Tells its parent of the progress by
 * IPC (`HistoryMessage`), ends with code 0 once every reading is acknowledged, with 1 on any failure, and at once when
 * the parent is gone. Run again after a kill, it sends all of it again, which changes nothing that is stored.
 */
const jobSchema = z
  .object({
    cityFile: z.string().min(1),
    /** MQTT URL of the city's broker. */
    url: z.string().min(1),
    /** Worked off in this order. */
    buildings: z
      .array(
        z
          .object({
            building: z.string().min(1),
            device: z.string().min(1),
            /** Its first line is the device's password; relative to the job's file. */
            passwordFile: z.string().min(1),
          })
          .strict(),
      )
      .min(1),
    fromMs: z.number().int(),
    toMs: z.number().int(),
    stepMs: z.number().int().positive().default(900_000),
    seed: z.number().int().default(DEFAULT_SEED),
  })
  .strict()

/** What the launcher writes into the job's file. */
export type HistoryJob = z.input<typeof jobSchema>

/** What the parent is told, at most a few times a second. `totalReadings` counts no gaps, so it is a little high. */
export interface HistoryMessage {
  kind: 'progress' | 'done'
  readings: number
  totalReadings: number
}

const TELL_MS = 250

const run = async (jobFile: string, signal: AbortSignal): Promise<void> => {
  const job = await readJob(jobFile)
  const city = parseCityFile(await readFile(job.cityFile, 'utf8'), job.cityFile)
  const parts = job.buildings.map(({ building, ...rest }) => ({
    ...rest,
    history: { ...job, city, building: requireSimulated(city, building) },
  }))
  const totalReadings = parts.reduce((sum, { history }) => sum + expectedReadings(history), 0)
  let readings = 0
  let toldMs = 0
  for (const { device, passwordFile, history } of parts) {
    await publishHistory({
      ...history,
      url: job.url,
      device,
      password: await readPassword(path.resolve(path.dirname(jobFile), passwordFile)),
      signal,
      onAcknowledged(count) {
        readings += count
        if (performance.now() - toldMs < TELL_MS) return
        toldMs = performance.now()
        tell({ kind: 'progress', readings, totalReadings })
      },
    })
  }
  tell({ kind: 'done', readings, totalReadings })
}

const readJob = async (file: string): Promise<z.infer<typeof jobSchema>> => {
  const parsed = jobSchema.safeParse(JSON.parse(await readFile(file, 'utf8')))
  if (parsed.success) return parsed.data
  throw new NadiError('invalid-input', `${file} is no history job.`, {
    problems: parsed.error.issues.map(({ path, message }) => ({
      pointer: `/${path.join('/')}`,
      detail: message,
    })),
  })
}

const tell = (message: HistoryMessage): void => {
  if (process.connected) process.send?.(message)
}

if (import.meta.main) {
  const stopping = new AbortController()
  // Ctrl-C reaches the whole process group: the city decides, and its end is noticed by the channel's.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => process.exit(1))
  process.on('disconnect', () => process.exit(1))
  try {
    await run(process.argv[2] ?? 'job.json', stopping.signal)
  } catch (error) {
    process.stderr.write(`history: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
  // The channel to the parent would keep this process alive.
  process.removeAllListeners('disconnect')
  if (process.connected) process.disconnect?.()
}
