import { existsSync } from 'node:fs'
import { mkdir, open, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createLoopDisk, runCutPower, whyNoLoopDisk } from '../support/loopDisk.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

/** A power cut on the wrong device would end the machine: here only `check` is ever asked about what must be refused. */
describe('the power switch of a loop disk', () => {
  let unable: string | undefined
  beforeAll(async () => {
    unable = await whyNoLoopDisk()
  })

  it('takes away what was not synced and keeps what was', async (ctx) => {
    if (unable) ctx.skip(unable)
    await using disk = await createLoopDisk({ megabytes: 32 })
    await disk.remount()
    const kept = await open(path.join(disk.folder, 'kept'), 'w')
    await kept.write('synced')
    await kept.sync()
    await kept.close()
    await writeFile(path.join(disk.folder, 'gone'), 'only in the page cache')
    await disk.cutPower()
    await expect(writeFile(path.join(disk.folder, 'later'), 'x')).rejects.toThrow()
    await disk.remount()
    expect(existsSync(path.join(disk.folder, 'kept'))).toBe(true)
    expect(existsSync(path.join(disk.folder, 'gone'))).toBe(false)
    await writeFile(path.join(disk.folder, 'later'), 'the disk works again')
  })

  it('refuses every folder, device and image but the one that the test made', async (ctx) => {
    if (unable) ctx.skip(unable)
    await using disk = await createLoopDisk({ megabytes: 16 })
    await using other = await createLoopDisk({ megabytes: 16 })
    await using plain = await temporaryFolder()
    const { folder, device, image } = disk
    await mkdir(path.join(folder, 'inside'))
    await symlink(folder, path.join(plain.path, 'link'))
    await expect(runCutPower({ folder, device, image }, 'check')).resolves.toBeUndefined()

    const wrong: [string, { folder: string; device: string; image: string }][] = [
      ['a folder on the main disk', { folder: plain.path, device, image }],
      ['the root', { folder: '/', device, image }],
      ['the system folder for temporary files', { folder: tmpdir(), device, image }],
      ['a folder inside the mount', { folder: path.join(folder, 'inside'), device, image }],
      ['a link to the mount', { folder: path.join(plain.path, 'link'), device, image }],
      ['another loop disk', { folder: other.folder, device, image }],
      ['another device', { folder, device: other.device, image }],
      ['another image', { folder, device, image: other.image }],
      ['a real disk', { folder, device: '8:0', image }],
      ['no device', { folder, device: '', image }],
      ['a relative path', { folder: '.', device, image }],
    ]
    for (const [what, disk] of wrong) {
      await expect(runCutPower(disk, 'check'), what).rejects.toThrow(/refused/)
    }
  })

  it('refuses a disk that is no longer mounted', async (ctx) => {
    if (unable) ctx.skip(unable)
    const disk = await createLoopDisk({ megabytes: 16 })
    const { folder, device, image } = disk
    await mkdir(path.join(folder, 'x'))
    await disk[Symbol.asyncDispose]()
    await expect(runCutPower({ folder, device, image }, 'check')).rejects.toThrow(/refused/)
  })
})
