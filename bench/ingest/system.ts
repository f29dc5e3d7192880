import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Something that takes observations in over MQTT, with its processes and its folder: what `ingest.ts` compares. */
export interface System extends AsyncDisposable {
  name: string
  /** Whose readings it takes. */
  building: string
  /** The MQTT port; another one after a restart. */
  port: () => number
  device: (id: string) => Promise<{ id: string; password: string }>
  /** Values of the Datastream with `fromMs <= time < toMs` as a reader gets them; undefined where nothing reads. */
  query?: (datastream: string, fromMs: number, toMs: number) => Promise<{ timeMs: number; value: number }[]>
  /** Where nothing reads: takes what was kept for a subscriber that was away; the payloads in order of arrival. */
  collect?: () => Promise<string[]>
  /** Resolves when all that was acknowledged is stored, or nothing comes any more. */
  drained: () => Promise<void>
  /** Its processes, the clients' not among them. */
  pids: () => (number | undefined)[]
  folders: () => string[]
  /** SIGKILL to the process that acknowledges, then start again on the same files. */
  killAndRestart: () => Promise<void>
}

/** `utime` and `stime` of proc(5) over the processes, in ticks of 10 ms. */
export const cpuSeconds = (system: System): number =>
  system.pids().reduce<number>((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return sum + (Number(fields[11]) + Number(fields[12])) / 100
  }, 0)

/** Resident memory of the processes now, proc(5) `VmRSS`. */
export const residentMb = (system: System): number =>
  system.pids().reduce<number>((sum, pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return sum + Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 0.001024
  }, 0)

/** What the files of the folders take on the disk (their blocks, not their lengths). */
export const bytesOnDisk = (folders: readonly string[]): number => {
  let bytes = 0
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const file = path.join(entry.parentPath, entry.name)
      // A file of before may be gone.
      if (entry.isFile()) bytes += (statSync(file, { throwIfNoEntry: false })?.blocks ?? 0) * 512
    }
  }
  return bytes
}

/** What a city with its own sensors writes in a second, at most. */
const LIVE_BYTES = 1_000_000

/** The same once it has hardly changed for five seconds: what is compacted in the background is done then. */
export const settledBytesOnDisk = async (folders: readonly string[]): Promise<number> => {
  let bytes = bytesOnDisk(folders)
  for (let quietSeconds = 0; quietSeconds < 5; quietSeconds += 1) {
    await sleep(1000)
    const now = bytesOnDisk(folders)
    if (Math.abs(now - bytes) > LIVE_BYTES) quietSeconds = -1
    bytes = now
  }
  return bytes
}
