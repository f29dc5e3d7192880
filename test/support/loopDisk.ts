import { execFile, spawnSync } from 'node:child_process'
import { mkdir, realpath, stat, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from './temporaryFolder.ts'
import { until } from './until.ts'

/**
 * An ext4 file system of a test's own, in an image file on a loop mount, whose power can be cut: what was not synced
 * is then gone, as on a real disk. Needs root and Debian's mount and e2fsprogs; `whyNoLoopDisk` says when it cannot be.
 */
export interface LoopDisk extends AsyncDisposable {
  /** Where it is mounted. */
  folder: string
  image: string
  /** `major:minor` of the mount of now. */
  device: string
  /**
   * From now on nothing reaches the disk, and what was not synced never does. Whoever writes gets an error. Freeze
   * (`freeze.ts`) those who write first: an `fsync` that is under way would report success though its data are gone
   * (4 of 60 cuts, with a plain loop of write and fsync; none of 100 with the writer frozen; Linux 6.18).
   */
  cutPower(): Promise<void>
  /** Takes the file system away and mounts it again, which replays its journal. All files in it must be closed. */
  remount(): Promise<void>
}

const run = promisify(execFile)
const CUT_POWER = path.join(import.meta.dirname, 'cutPower.pl')

/** Why this machine can make no loop disk; undefined when it can. */
export const whyNoLoopDisk = async (): Promise<string | undefined> => {
  try {
    await using disk = await createLoopDisk({ megabytes: 16 })
    await runCutPower(disk, 'check')
    return undefined
  } catch (error) {
    return `a loop mount cannot be made here: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** Makes and mounts a file system of that size; the image is sparse. Unmounted and deleted at the end of the scope. */
export const createLoopDisk = async ({ megabytes }: { megabytes: number }): Promise<LoopDisk> => {
  const parent = await temporaryFolder()
  const base = await realpath(parent.path)
  const image = path.join(base, 'image')
  const folder = path.join(base, 'disk')
  await mkdir(folder)
  await writeFile(image, '')
  await truncate(image, megabytes * 1024 * 1024)
  await run('mkfs.ext4', ['-q', '-F', '-m', '0', '-E', 'lazy_itable_init=0,nodiscard', image])
  let device = await mount(image, folder)
  let mounted = true
  // A run that is broken off must not leave its mounts behind.
  const letGo = (): void => void spawnSync('umount', ['-l', folder])
  process.once('exit', letGo)

  const unmount = async (): Promise<void> => {
    if (!mounted) return
    // A process that was just killed may hold its files for a moment.
    await until(
      () =>
        run('umount', [folder]).then(
          () => true,
          () => false,
        ),
      { what: `${folder} unmounted`, timeoutMs: 20_000 },
    )
    mounted = false
  }
  const disk: LoopDisk = {
    folder,
    image,
    get device() {
      return device
    },
    cutPower: () => runCutPower(disk, 'cut'),
    async remount() {
      await unmount()
      device = await mount(image, folder)
      mounted = true
    },
    async [Symbol.asyncDispose]() {
      await unmount()
      process.off('exit', letGo)
      await parent[Symbol.asyncDispose]()
    },
  }
  return disk
}

/** Proves that the disk is the test's own, and cuts its power when `mode` says so. Rejects on any doubt. */
export const runCutPower = async (
  { folder, device, image }: Pick<LoopDisk, 'folder' | 'device' | 'image'>,
  mode: 'check' | 'cut',
): Promise<void> => {
  await run('perl', [CUT_POWER, folder, device, image, mode])
}

const mount = async (image: string, folder: string): Promise<string> => {
  const { dev: parentDevice } = await stat(folder)
  await run('mount', ['-o', 'loop', '-t', 'ext4', image, folder])
  const { dev } = await stat(folder)
  if (dev === parentDevice) throw new Error(`${folder} is not a mount of its own`)
  return `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`
}
