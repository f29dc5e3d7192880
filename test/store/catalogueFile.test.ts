import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCatalogue } from '../../store/catalogue/open.ts'
import { openDatabase, queryOf } from '../../store/sqlite.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { silent } from './catalogueFixture.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** Adds devices without end and prints each password once the call has returned. */
const ADDER = `
import { pino } from 'pino'
import { openCatalogue } from '${root}/store/catalogue/open.ts'
const { devices } = openCatalogue({ file: process.argv[1], log: pino({ level: 'silent' }) })
for (let i = 0; ; i += 1) {
  const password = devices.add('edge-' + i, 'library')
  process.stdout.write('edge-' + i + ' ' + password + '\\n')
  await new Promise((resolve) => setImmediate(resolve))
}
`

describe('the catalogue’s file', () => {
  it('holds after kill -9 whatever had returned', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'catalogue.sqlite')
    const child = spawn(process.execPath, ['--input-type=module', '-e', ADDER, file], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let told = ''
    for await (const chunk of child.stdout) {
      told += String(chunk)
      if (told.split('\n').length > 50 && !child.killed) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    const catalogue = openCatalogue({ file, log: silent })
    const lines = told.split('\n').slice(0, -1)
    expect(lines.length).toBeGreaterThanOrEqual(50)
    for (const line of lines) {
      const [id = '', password = ''] = line.split(' ')
      expect(catalogue.devices.authenticate(id, password)?.device.id).toBe(id)
    }
    catalogue.close()
  })
})

describe('migrations', () => {
  const FIRST = "CREATE TABLE room (name TEXT) STRICT; INSERT INTO room VALUES ('a');"
  const rooms = (file: string, migrations: readonly string[]) => {
    const db = openDatabase(file, migrations)
    const rows = queryOf<{ name: string }>(db.prepare('SELECT name FROM room')).all()
    db.close()
    return rows.map(({ name }) => name)
  }

  it('run once each, in their order, and keep what was there', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'x.sqlite')
    expect(rooms(file, [FIRST])).toEqual(['a'])
    expect(rooms(file, [FIRST])).toEqual(['a'])
    const second = "INSERT INTO room VALUES ('b');"
    const third = "UPDATE room SET name = name || '!';"
    expect(rooms(file, [FIRST, second, third])).toEqual(['a!', 'b!'])
  })

  it('that fail leave the file as it was', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'x.sqlite')
    rooms(file, [FIRST])
    const broken = "INSERT INTO room VALUES ('b'); INSERT INTO nowhere VALUES (1);"
    expect(() => openDatabase(file, [FIRST, broken])).toThrow(
      expect.objectContaining({ code: 'store-unavailable' }),
    )
    expect(rooms(file, [FIRST])).toEqual(['a'])
  })

  it('never begin on a file that is no database', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'x.sqlite')
    writeFileSync(file, 'x'.repeat(10_000))
    expect(() => openDatabase(file, [FIRST])).toThrow(/Restore it from a backup/)
  })
})
