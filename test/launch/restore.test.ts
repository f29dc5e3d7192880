import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TAR_END, tarHeader, tarPadding } from '../../launch/backup/tar.ts'
import { lockDataDir } from '../../launch/lock.ts'
import { keptCity, openKept } from './keptCity.ts'
import { readings } from './keptReadings.ts'

describe('restoring', () => {
  it('refuses an archive with any changed byte, or cut off anywhere, and writes nothing', async () => {
    await using city = await keptCity()
    await city.intake.append(readings(0, 200))
    city.keep('flows/flows.json', '[]')
    await city.backupTo(city.archive)
    const whole = readFileSync(city.archive)
    const target = path.join(city.folder, 'target')
    const refused = async (bytes: Buffer): Promise<void> => {
      writeFileSync(city.archive, bytes)
      await expect(city.restore({ dataDir: target })).rejects.toMatchObject({ code: 'invalid-input' })
      expect(existsSync(target)).toBe(false)
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = Buffer.from(whole)
        damaged[at] = (damaged[at] ?? 0) ^ change
        await refused(damaged)
      }),
      { numRuns: 60 },
    )
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), (length) => refused(whole.subarray(0, length))),
      { numRuns: 30 },
    )
    await refused(Buffer.concat([whole, Buffer.from('more')]))
    writeFileSync(city.archive, whole)
    expect((await city.restore({ dataDir: target })).points).toBe(200)
  })

  it('refuses what is no backup and what a newer version wrote, and says so', async () => {
    await using city = await keptCity()
    for (const lines of [0, 1, 1_000]) {
      writeFileSync(city.archive, 'time,value\n'.repeat(lines))
      await expect(city.restore()).rejects.toThrow(/is no backup of Nadi/)
    }
    const text = Buffer.from(JSON.stringify({ format: 'nadi-backup', version: 99, createdAt: 'x' }))
    const entry = [tarHeader({ path: 'nadi-backup.json', bytes: text.length }), text, tarPadding(text.length)]
    writeFileSync(city.archive, Buffer.concat([...entry, TAR_END]))
    await expect(city.restore()).rejects.toThrow(/newer Nadi \(backup version 99/)
  })

  it('takes over no lock, and nothing else that has no place in a backup, from an archive that holds it', async () => {
    await using city = await keptCity()
    await city.intake.append(readings(0, 10))
    await city.backupTo(city.archive)
    const foreign = ['lock.json', 'run.json', 'children/x', '.restoring/data/x', 'observations/x.wal']
    const added = [...foreign, 'flows/flows.json']
    writeFileSync(city.archive, withEntries(readFileSync(city.archive), added))
    const { dataDir, files } = await city.restore()
    for (const name of foreign) expect(existsSync(path.join(dataDir, name)), name).toBe(false)
    expect(readFileSync(path.join(dataDir, 'flows/flows.json'), 'utf8')).toBe('put there')
    await using again = await openKept(dataDir)
    expect((await again.everything()).size).toBe(7)
    expect(files).toBeGreaterThan(added.length)
  })

  it('puts nothing in its place before each of its files and folders is on the disk', async () => {
    await using city = await keptCity()
    await city.intake.append(readings(0, 10))
    city.keep('flows/a/flows.json', '[]')
    await city.backupTo(city.archive)
    const dataDir = path.join(city.folder, 'traced')
    const trace = path.join(city.folder, 'trace')
    execFileSync(
      'strace',
      [
        '-f',
        '-qq',
        '-y',
        '-s',
        '4096',
        '-e',
        'trace=fsync,fdatasync,rename,renameat,renameat2',
        '-o',
        trace,
        process.execPath,
        path.resolve('bin/nadi.mjs'),
        'restore',
        city.archive,
        '--data-dir',
        dataDir,
      ],
      { stdio: 'pipe', env: { ...process.env, NADI_STORE: 'embedded' } },
    )
    const calls = readFileSync(trace, 'utf8').split('\n')
    const staging = path.join(dataDir, '.restoring', 'data')
    const placed = calls.findIndex((call) => call.includes(`rename("${staging}/`))
    expect(placed).toBeGreaterThan(0)
    const synced = (calls: readonly string[]): Set<string> =>
      new Set(calls.flatMap((call) => /f(?:data)?sync\(\d+<([^>]+)>/.exec(call)?.[1] ?? []))
    const before = synced(calls.slice(0, placed))
    const restored = readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
    expect(restored).toContain('flows/a/flows.json')
    for (const name of ['', ...restored]) expect(before, name).toContain(path.join(staging, name))
    expect(synced(calls.slice(placed))).toContain(dataDir)
  })

  it('never follows a name out of the folder', async () => {
    await using city = await keptCity()
    for (const name of ['../x', '/etc/x', 'data/../../x', 'data//x']) {
      const header = tarHeader({ path: name, bytes: 0 })
      writeFileSync(city.archive, Buffer.concat([header, TAR_END]))
      await expect(city.restore()).rejects.toThrow(/damaged or cut off/)
    }
  })

  it('refuses a folder in use and one that is not empty, and with force moves what is there aside', async () => {
    await using city = await keptCity()
    await city.intake.append(readings(0, 10))
    await city.backupTo(city.archive)
    const { dataDir } = await city.restore()
    writeFileSync(path.join(dataDir, 'mine.txt'), 'mine')
    await expect(city.restore()).rejects.toThrow(/is not empty.*--force/)
    const lock = lockDataDir(dataDir)
    await expect(city.restore({ force: true })).rejects.toThrow(/A city runs on/)
    lock[Symbol.dispose]()
    const { movedAside } = await city.restore({ force: true })
    expect(readFileSync(path.join(movedAside ?? '', 'mine.txt'), 'utf8')).toBe('mine')
    expect(existsSync(path.join(movedAside ?? '', 'catalogue.sqlite'))).toBe(true)
    await using again = await openKept(dataDir)
    expect((await again.everything()).size).toBe(7)
    // The next backup does not take along what was moved aside.
    await again.backupTo(city.archive)
    expect(execFileSync('tar', ['tf', city.archive], { encoding: 'utf8' })).not.toContain('before-restore')
  })
})

/** The archive with further files of the data folder, its manifest and seal made to fit. */
const withEntries = (archive: Buffer, names: readonly string[]): Buffer => {
  const content = Buffer.from('put there')
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
  const entry = (name: string, bytes: Buffer): Buffer =>
    Buffer.concat([tarHeader({ path: name, bytes: bytes.length }), bytes, tarPadding(bytes.length)])
  const parts: Buffer[] = []
  let header: Buffer = Buffer.alloc(0)
  for (let at = 0; ;) {
    const name = archive.toString('latin1', at, at + 100).replace(/\0.*$/s, '')
    const bytes = Number.parseInt(archive.toString('latin1', at + 124, at + 135), 8)
    const end = at + 512 * (1 + Math.ceil(bytes / 512))
    const body = archive.subarray(at + 512, at + 512 + bytes)
    if (name === 'nadi-backup.json') header = body
    if (name === 'manifest.json') {
      const manifest = JSON.parse(body.toString())
      for (const added of names) {
        parts.push(entry(`data/${added}`, content))
        manifest.files.push({ path: `data/${added}`, bytes: content.length, sha256: sha256(content) })
      }
      const text = Buffer.from(JSON.stringify(manifest))
      const seal = Buffer.from(`${sha256(Buffer.concat([header, text]))}\n`)
      return Buffer.concat([...parts, entry(name, text), entry('manifest.sha256', seal), TAR_END])
    }
    parts.push(archive.subarray(at, end))
    at = end
  }
}
